// libcurl, with its functions of variable arguments as one function per type of argument: Swift cannot call the others.
#ifndef MUSTER_CCURL_SHIM_H
#define MUSTER_CCURL_SHIM_H

// One C type for each kind of handle, so that Swift tells them apart.
#ifndef CURL_STRICTER
#define CURL_STRICTER
#endif
#include <curl/curl.h>
#include <sys/socket.h>

typedef size_t (*muster_curl_data_callback)(char *bytes, size_t size, size_t count, void *context);

// Macros and constants without a name for their type, which do not reach Swift as the integers that libcurl wants.
enum {
    MUSTER_CURL_HTTP_VERSION = CURL_HTTP_VERSION_2TLS,
    MUSTER_CURL_SSLVERSION_TLSv1_2 = CURL_SSLVERSION_TLSv1_2,
};
static const curl_socket_t MUSTER_CURL_SOCKET_TIMEOUT = CURL_SOCKET_TIMEOUT;
static inline const curl_version_info_data *muster_curl_version(void) { return curl_version_info(CURLVERSION_NOW); }
static inline long muster_curl_auth_basic(void) { return (long)CURLAUTH_BASIC; }
static inline long muster_curl_auth_digest(void) { return (long)CURLAUTH_DIGEST; }

static inline CURLcode muster_curl_set_string(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode muster_curl_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode muster_curl_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode muster_curl_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode muster_curl_set_error_buffer(CURL *easy, char *buffer) {
    return curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, buffer);
}
// Copies the bytes; the option for their number has to be set before.
static inline CURLcode muster_curl_copy_body(CURL *easy, const void *bytes, size_t count) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)count);
    if (code != CURLE_OK) return code;
    return curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, count == 0 ? "" : (const char *)bytes);
}
static inline CURLcode muster_curl_on_body(CURL *easy, muster_curl_data_callback callback, void *context) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, callback);
    if (code != CURLE_OK) return code;
    return curl_easy_setopt(easy, CURLOPT_WRITEDATA, context);
}
static inline CURLcode muster_curl_on_header(CURL *easy, muster_curl_data_callback callback, void *context) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, callback);
    if (code != CURLE_OK) return code;
    return curl_easy_setopt(easy, CURLOPT_HEADERDATA, context);
}
// Opens sockets that no child inherits, which libcurl does by itself only in later versions.
static inline curl_socket_t muster_curl_open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address) {
    (void)context;
    (void)purpose;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}
static inline void muster_curl_set_close_on_exec(CURL *easy) {
    (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, muster_curl_open_socket);
}
// Transfers that end do not wait for threads of curl's resolver. Before 7.87 there was no such option.
static inline void muster_curl_set_quick_exit(CURL *easy) {
#if LIBCURL_VERSION_NUM >= 0x075700
    (void)curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#else
    (void)easy;
#endif
}
// How long loaded authorities are kept, in seconds. Before 7.87 they were loaded for each connection.
static inline void muster_curl_set_authority_age(CURL *easy, long seconds) {
#if LIBCURL_VERSION_NUM >= 0x075700
    (void)curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, seconds);
#else
    (void)easy;
    (void)seconds;
#endif
}
static inline long muster_curl_get_long(CURL *easy, CURLINFO info) {
    long value = 0;
    return curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : 0;
}

static inline CURLMcode muster_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}
static inline CURLMcode muster_curl_multi_on_socket(CURLM *multi, curl_socket_callback callback, void *context) {
    CURLMcode code = curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, callback);
    if (code != CURLM_OK) return code;
    return curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
}
static inline CURLMcode muster_curl_multi_on_timer(CURLM *multi, curl_multi_timer_callback callback, void *context) {
    CURLMcode code = curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, callback);
    if (code != CURLM_OK) return code;
    return curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context);
}
// The result of a transfer that has ended.
static inline CURLcode muster_curl_message_result(const CURLMsg *message) {
    return message->data.result;
}

#endif
