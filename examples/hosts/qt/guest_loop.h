#pragma once

#include <QAbstractEventDispatcher>
#include <QSocketNotifier>
#include <QTimer>

#include <memory>

#include "qws.h"

// For std::unique_ptr of what C frees.
template <auto free> struct Free {
    template <class T> void operator()(T *object) const { free(object); }
};

// Our loop as a guest of Qt's: make one, after the application.
class GuestLoop : public QObject {
public:
    GuestLoop() {
        if (!m_loop)
            qFatal("no descriptor left for the sockets");
        m_alarm.setSingleShot(true);
        m_alarm.setTimerType(Qt::PreciseTimer);
        // Waking: I/O, calls from other threads, what our own code sent, and leftovers.
        m_notifier = std::make_unique<QSocketNotifier>(qws_loop_fd(m_loop.get()), QSocketNotifier::Read);
        connect(m_notifier.get(), &QSocketNotifier::activated, this, &GuestLoop::pump);
        // Deadlines. Asking before Qt sleeps, not after each pump, counts in a slot of ours that runs a dialog:
        // that pump has not returned yet, and the dialog's loop knows nothing of what it left.
        connect(&m_alarm, &QTimer::timeout, this, &GuestLoop::pump);
        connect(QAbstractEventDispatcher::instance(), &QAbstractEventDispatcher::aboutToBlock, this,
                &GuestLoop::setAlarm);
    }

private:
    static constexpr unsigned BudgetMs = 2; // what the sockets may take of a turn

    void pump() { qws_loop_process_events(m_loop.get(), BudgetMs); }

    void setAlarm() {
        const int next = qws_loop_next(m_loop.get());
        if (next < 0)
            m_alarm.stop();
        else
            m_alarm.start(next);
    }

    std::unique_ptr<qws_loop, Free<qws_loop_free>> m_loop{qws_loop_new()};
    std::unique_ptr<QSocketNotifier> m_notifier;
    QTimer m_alarm;
};
