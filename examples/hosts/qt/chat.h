#pragma once

#include <QObject>

#include <memory>

#include "qws_chat.h"
#include "guest_loop.h"

// The chat that all hosts share, with Qt's signals.
class Chat : public QObject {
    Q_OBJECT

public:
    Chat() {
        const qws_chat_callbacks calls{
            this,
            [](void *user, const char *text, size_t length) noexcept {
                emit self(user)->changed(QString::fromUtf8(text, qsizetype(length)));
            },
            [](void *user) noexcept { emit self(user)->animationStarted(); },
            [](void *user) noexcept { emit self(user)->pressWanted(); },
            [](void *user) noexcept { emit self(user)->finished(); },
        };
        m_chat.reset(qws_chat_new(&calls));
    }

    void send(const QString &line) {
        const QByteArray text = line.toUtf8();
        qws_chat_send(m_chat.get(), text.constData(), size_t(text.size()));
    }
    void frame() { qws_chat_frame(m_chat.get()); }
    bool isAnimating() const { return qws_chat_is_animating(m_chat.get()); }
    void close() { qws_chat_close(m_chat.get()); }
    int exitCode() const { return qws_chat_exit_code(m_chat.get()); }

signals:
    void changed(const QString &text);
    void animationStarted();
    void pressWanted();
    void finished();

private:
    static Chat *self(void *user) { return static_cast<Chat *>(user); }

    std::unique_ptr<qws_chat, Free<qws_chat_free>> m_chat;
};
