// A chat window of Qt Widgets, whose main loop drives our sockets.

#include <QApplication>
#include <QCloseEvent>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QVBoxLayout>

#include <chrono>

#include "chat.h"
#include "guest_loop.h"

using namespace std::chrono_literals;

class Window : public QWidget {
public:
    Window() {
        m_text.setReadOnly(true);
        auto *row = new QHBoxLayout;
        row->addWidget(&m_input);
        row->addWidget(&m_button);
        auto *column = new QVBoxLayout(this);
        column->addWidget(&m_text);
        column->addLayout(row);
        connect(&m_button, &QPushButton::clicked, this, &Window::send);
        connect(&m_input, &QLineEdit::returnPressed, this, &Window::send);
        connect(&m_chat, &Chat::changed, &m_text, &QPlainTextEdit::setPlainText);
        connect(&m_chat, &Chat::finished, qApp, [this] { QApplication::exit(m_chat.exitCode()); }, Qt::QueuedConnection);
        drawFrames();
        pressLate();
    }

protected:
    // The window stays until the server has said good-bye, too.
    void closeEvent(QCloseEvent *event) override {
        m_chat.close();
        event->ignore();
    }

private:
    void send() {
        m_chat.send(m_input.text());
        m_input.clear();
    }

    void drawFrames() {
        m_frames.setTimerType(Qt::PreciseTimer);
        connect(&m_chat, &Chat::animationStarted, &m_frames, [this] { m_frames.start(16ms); });
        connect(&m_frames, &QTimer::timeout, this, [this] {
            m_chat.frame();
            m_text.repaint();
            if (!m_chat.isAnimating())
                m_frames.stop();
        });
    }

    // The self-test's presses come when Qt has decided to sleep, and all who ask what is due were asked.
    void pressLate() {
        connect(&m_chat, &Chat::pressWanted, this, [this] { m_isPressWanted = true; });
        connect(QAbstractEventDispatcher::instance(), &QAbstractEventDispatcher::aboutToBlock, this, [this] {
            if (std::exchange(m_isPressWanted, false))
                m_chat.send(QStringLiteral("Hello!"));
        });
    }

    Chat m_chat;
    QPlainTextEdit m_text;
    QLineEdit m_input;
    QPushButton m_button{QStringLiteral("Send")};
    QTimer m_frames;
    bool m_isPressWanted = false;
};

int main(int argc, char **argv) {
    QApplication application(argc, argv);
    GuestLoop sockets;
    Window window;
    window.resize(640, 400);
    window.show();
    return application.exec();
}
