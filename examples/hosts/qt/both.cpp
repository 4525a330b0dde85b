// Our sockets and Qt's own in one process and one loop, talking to each other: a line for each thing that works.

#include <QCoreApplication>
#include <QDeadlineTimer>
#include <QPointer>
#include <QTcpSocket>
#include <QWebSocket>
#include <QWebSocketServer>

#include <cstdio>
#include <cstdlib>
#include <functional>

#include "guest_loop.h"
#include "websocket.h"

namespace {

using namespace std::chrono_literals;

constexpr int Messages = 1000;

// Runs Qt's loop until it is done. Whoever would wait for ever has failed.
void await(const char *what, const std::function<bool()> &isDone) {
    const QDeadlineTimer deadline(30s);
    QTimer wakeUp;
    wakeUp.start(30s);
    while (!isDone()) {
        if (deadline.hasExpired()) {
            std::printf("FAILED %s\n", what);
            std::exit(EXIT_FAILURE);
        }
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    }
    std::printf("ok %s\n", what);
}

// Counts `from` down, one message at a time, from one socket to the other and back.
template <class One, class Other> void rally(const char *what, One &one, Other &other, int from) {
    int left = from;
    QObject context;
    QObject::connect(&other, &Other::textMessageReceived, &context,
                     [&](const QString &message) { other.sendTextMessage(message); });
    QObject::connect(&one, &One::textMessageReceived, &context, [&](const QString &message) {
        if (message == QString::number(left) && --left > 0)
            one.sendTextMessage(QString::number(left));
    });
    one.sendTextMessage(QString::number(left));
    await(what, [&] { return left == 0; });
}

// What both do in either pairing, once they are connected; the second one closes.
template <class One, class Other> void talk(One &one, Other &other) {
    rally("they count down, the client serves", one, other, Messages);
    rally("they count down, the server serves", other, one, Messages);

    QString received;
    QObject context;
    QObject::connect(&other, &Other::textMessageReceived, &context, [&](const QString &m) { received = m; });
    const QString large = QStringLiteral("große Nachricht ☃ ").repeated(100'000);
    one.sendTextMessage(large);
    await("two megabytes of UTF-8", [&] { return received == large; });

    int ends = 0;
    QObject::connect(&one, &One::disconnected, &context, [&] { ++ends; });
    QObject::connect(&other, &Other::disconnected, &context, [&] { ++ends; });
    other.close();
    await("both hear that it is over, once", [&] { return ends >= 2; });
    if (ends != 2 || one.state() != QAbstractSocket::UnconnectedState)
        std::exit(EXIT_FAILURE);
}

void ourClientAtTheirServer(QWebSocketServer &theirs) {
    std::puts("our socket at QWebSocketServer");
    WebSocket client;
    client.open(theirs.serverUrl());
    await("connected", [&] {
        return client.state() == QAbstractSocket::ConnectedState && theirs.hasPendingConnections();
    });
    const std::unique_ptr<QWebSocket> accepted(theirs.nextPendingConnection());
    talk(client, *accepted);
}

void theirClientAtOurServer(WebSocketServer &ours) {
    std::puts("QWebSocket at our server");
    std::unique_ptr<WebSocket> accepted;
    QObject context;
    QObject::connect(&ours, &WebSocketServer::newConnection, &context,
                     [&] { accepted.reset(ours.nextPendingConnection()); });
    QWebSocket client;
    client.open(ours.serverUrl());
    await("connected", [&] { return accepted && client.state() == QAbstractSocket::ConnectedState; });
    talk(client, *accepted);
    if (client.closeCode() != QWebSocketProtocol::CloseCodeNormal)
        std::exit(EXIT_FAILURE);
}

// A slot of ours runs a loop of Qt's, as a dialog would; our sockets go on in it.
void nestedLoop(WebSocketServer &ours) {
    std::puts("a loop in a slot");
    WebSocket first, second;
    int echoes = 0, nested = 0;
    QObject context;
    QObject::connect(&ours, &WebSocketServer::newConnection, &context, [&] {
        WebSocket *accepted = ours.nextPendingConnection();
        QObject::connect(accepted, &WebSocket::textMessageReceived, accepted, &WebSocket::sendTextMessage);
    });
    QObject::connect(&first, &WebSocket::textMessageReceived, &context, [&] {
        second.sendTextMessage(QStringLiteral("from below"));
        await("the other socket goes on in it", [&] { return echoes > 0; });
        ++nested;
    });
    QObject::connect(&second, &WebSocket::textMessageReceived, &context, [&] { ++echoes; });
    first.open(ours.serverUrl());
    second.open(ours.serverUrl());
    await("connected", [&] {
        return first.state() == QAbstractSocket::ConnectedState && second.state() == QAbstractSocket::ConnectedState;
    });
    first.sendTextMessage(QStringLiteral("go"));
    await("and it comes back", [&] { return nested == 1; });
}

// Slots delete the socket that calls them.
void deletedBySlots(QWebSocketServer &theirs) {
    std::puts("slots that delete their sender");
    const auto connectedTo = [&theirs] {
        auto *client = new WebSocket;
        client->open(theirs.serverUrl());
        return QPointer<WebSocket>(client);
    };
    const auto client = connectedTo();
    QObject::connect(client, &WebSocket::connected, client, [client] { delete client; });
    await("in connected", [&] { return !client; });

    const auto talker = connectedTo();
    await("once they are connected, too", [&] { return theirs.hasPendingConnections() && talker->state() == QAbstractSocket::ConnectedState; });
    while (theirs.hasPendingConnections())
        theirs.nextPendingConnection()->sendTextMessage(QStringLiteral("die"));
    QObject::connect(talker, &WebSocket::textMessageReceived, talker, [talker] { delete talker; });
    await("in textMessageReceived", [&] { return !talker; });

    const QPointer<WebSocket> lost = new WebSocket;
    QObject::connect(lost, &WebSocket::errorOccurred, lost, [lost] { delete lost; });
    lost->open(QUrl(QStringLiteral("ws://127.0.0.1:1")));
    await("in errorOccurred", [&] { return !lost; });
}

// Nothing but a deadline can end this: the client never says a word.
void deadline(WebSocketServer &ours) {
    std::puts("deadlines");
    QTcpSocket silent;
    silent.connectToHost(ours.serverUrl().host(), quint16(ours.serverUrl().port()));
    await("connected", [&] { return silent.state() == QAbstractSocket::ConnectedState; });
    await("our server drops a client that says nothing for ten seconds",
          [&] { return silent.state() == QAbstractSocket::UnconnectedState; });
}

} // namespace

int main(int argc, char **argv) {
    QCoreApplication application(argc, argv);
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    GuestLoop sockets;
    QWebSocketServer theirs(QStringLiteral("theirs"), QWebSocketServer::NonSecureMode);
    WebSocketServer ours("ours");
    if (!theirs.listen(QHostAddress::LocalHost) || !ours.listen())
        return EXIT_FAILURE;
    ourClientAtTheirServer(theirs);
    theirClientAtOurServer(ours);
    nestedLoop(ours);
    deletedBySlots(theirs);
    deadline(ours);
    std::puts("through");
    return EXIT_SUCCESS;
}
