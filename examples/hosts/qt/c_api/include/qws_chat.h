/* The chat that all hosts share, for the self-test: see examples/hosts/chat. The rules are those of qws.h. */
#ifndef QWS_CHAT_H
#define QWS_CHAT_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct qws_chat qws_chat;

typedef struct {
    void *user;
    void (*changed)(void *user, const char *text, size_t length); /* what to show now */
    void (*animation_started)(void *user);
    void (*press_wanted)(void *user);
    void (*finished)(void *user);
} qws_chat_callbacks;

/* Opens the chat that the command line names, or leaves the program with a word on how it is used. */
qws_chat *qws_chat_new(const qws_chat_callbacks *callbacks);
void qws_chat_free(qws_chat *chat);
void qws_chat_send(qws_chat *chat, const char *text, size_t length);
void qws_chat_frame(qws_chat *chat);
bool qws_chat_is_animating(const qws_chat *chat);
void qws_chat_close(qws_chat *chat);
int qws_chat_exit_code(const qws_chat *chat);

#ifdef __cplusplus
}
#endif

#endif
