#pragma once

#include <QAbstractSocket>
#include <QUrl>

#include <memory>

#include "guest_loop.h"
#include "qws.h"

// Our socket with Qt's signals. A slot may delete it.
class WebSocket : public QObject {
    Q_OBJECT

public:
    explicit WebSocket(QObject *parent = nullptr) : QObject(parent) {
        const qws_socket_callbacks calls = callbacks();
        m_socket.reset(qws_socket_new(&calls));
    }

    void open(const QUrl &url) { qws_socket_open(m_socket.get(), url.toEncoded().constData()); }
    void close() { qws_socket_close(m_socket.get()); }
    qint64 sendTextMessage(const QString &message) {
        const QByteArray text = message.toUtf8();
        return qint64(qws_socket_send_text(m_socket.get(), text.constData(), size_t(text.size())));
    }
    QAbstractSocket::SocketState state() const {
        return QAbstractSocket::SocketState(qws_socket_state(m_socket.get()));
    }

signals:
    void connected();
    void disconnected();
    void textMessageReceived(const QString &message);
    void errorOccurred(QAbstractSocket::SocketError error);

private:
    friend class WebSocketServer;

    // Of a socket that a server hands out.
    WebSocket(qws_server *server, QObject *parent) : QObject(parent) {
        const qws_socket_callbacks calls = callbacks();
        m_socket.reset(qws_server_next_pending_connection(server, &calls));
    }

    static WebSocket *self(void *user) { return static_cast<WebSocket *>(user); }

    qws_socket_callbacks callbacks() {
        return {
            this,
            [](void *user) noexcept { emit self(user)->connected(); },
            [](void *user) noexcept { emit self(user)->disconnected(); },
            [](void *user, const char *text, size_t length) noexcept {
                emit self(user)->textMessageReceived(QString::fromUtf8(text, qsizetype(length)));
            },
            [](void *user, int error) noexcept {
                emit self(user)->errorOccurred(QAbstractSocket::SocketError(error));
            },
        };
    }

    std::unique_ptr<qws_socket, Free<qws_socket_free>> m_socket;
};

// Our server with Qt's signals.
class WebSocketServer : public QObject {
    Q_OBJECT

public:
    explicit WebSocketServer(const QByteArray &name, QObject *parent = nullptr) : QObject(parent) {
        const auto call = [](void *user) noexcept { emit static_cast<WebSocketServer *>(user)->newConnection(); };
        m_server.reset(qws_server_new(name.constData(), call, this));
    }

    bool listen(quint16 port = 0) { return qws_server_listen(m_server.get(), port); }
    QUrl serverUrl() const {
        return QUrl(QStringLiteral("ws://127.0.0.1:%1").arg(qws_server_port(m_server.get())));
    }
    // The child of this server unless it is given another parent; nullptr if there is none.
    WebSocket *nextPendingConnection() {
        std::unique_ptr<WebSocket> socket(new WebSocket(m_server.get(), this));
        return socket->m_socket ? socket.release() : nullptr;
    }

signals:
    void newConnection();

private:
    std::unique_ptr<qws_server, Free<qws_server_free>> m_server;
};
