/* As much of a C API as a Qt program needs: loop, socket, server.
 *
 * Everything belongs to the thread that made it. Callbacks come out of qws_loop_process_events(), qws_socket_open() and
 * qws_socket_close(); they may call anything here, and free what calls them. After its free an object calls nobody.
 * Callbacks may be NULL; they must not throw. Text is UTF-8, and ends with a zero only where no length comes along. */
#ifndef QWS_H
#define QWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The thread's loop, as a guest of another one. */
typedef struct qws_loop qws_loop;

/* NULL if the system has no descriptor left. */
qws_loop *qws_loop_new(void);
void qws_loop_free(qws_loop *loop);
/* Readable whenever there is something to do, except for deadlines. */
int qws_loop_fd(const qws_loop *loop);
/* Does what is there to do, for about so many milliseconds, and never waits. May nest. */
void qws_loop_process_events(qws_loop *loop, unsigned budget_ms);
/* In how many milliseconds qws_loop_process_events() has to be called at the latest; -1: not before the descriptor
 * is readable. To be asked before the host sleeps. */
int qws_loop_next(const qws_loop *loop);

typedef struct qws_socket qws_socket;

typedef struct {
    void *user; /* handed to each of them */
    void (*connected)(void *user);
    void (*disconnected)(void *user);
    void (*text_message_received)(void *user, const char *text, size_t length);
    void (*error)(void *user, int error); /* QAbstractSocket::SocketError */
} qws_socket_callbacks;

qws_socket *qws_socket_new(const qws_socket_callbacks *callbacks);
/* Drops the connection, if there is one. */
void qws_socket_free(qws_socket *socket);
void qws_socket_open(qws_socket *socket, const char *url);
/* How many bytes were taken: 0 unless connected. */
size_t qws_socket_send_text(qws_socket *socket, const char *text, size_t length);
void qws_socket_close(qws_socket *socket);
int qws_socket_state(const qws_socket *socket); /* QAbstractSocket::SocketState */

typedef struct qws_server qws_server;

qws_server *qws_server_new(const char *name, void (*new_connection)(void *user), void *user);
/* The sockets it handed out live on. */
void qws_server_free(qws_server *server);
/* On the loopback address; with port 0 the system chooses. */
bool qws_server_listen(qws_server *server, uint16_t port);
uint16_t qws_server_port(const qws_server *server);
/* NULL if there is none. The socket is the caller's to free. */
qws_socket *qws_server_next_pending_connection(qws_server *server, const qws_socket_callbacks *callbacks);

#ifdef __cplusplus
}
#endif

#endif
