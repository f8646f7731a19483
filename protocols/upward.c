/* A protocol in C, with no library: each process tells its parent who is below it.

       cc -O2 -o upward protocols/upward.c
       treequake replay --protocol ./upward scenarios/bastion-crash.json

   A process that gets a child tells its parent of it (`here`), and its parent tells on. So everyone has a route to
   everyone below, and none else: it is held to `tables`. When a child is lost, the process tells all its neighbours of
   everyone who was below it (`gone`), and they tell on. So contexts that wait for a reply from there know.

   It is in C because who can build treequake has a C compiler. The first third reads JSON, strictly, and writes it. That
   is all of JSON that a program needs: it builds no tree of values, but looks up in the line what it is asked for. */

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fail(const char *what, const char *where) {
    fprintf(stderr, "upward: %s at: %.60s\n", what, where);
    exit(1);
}

static void *resize(void *old, size_t count, size_t size) {
    void *memory = realloc(old, (count ? count : 1) * size);
    if (!memory) fail("no memory left", "");
    return memory;
}

/* ---- Reading JSON: every function takes the beginning of a value and returns its end. */

static const char *blank(const char *p) {
    while (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r') p++;
    return p;
}

static const char *expect(const char *p, const char *word) {
    size_t length = strlen(word);
    if (strncmp(p, word, length)) fail("wrong JSON", p);
    return p + length;
}

static const char *digits(const char *p) {
    if (*p < '0' || *p > '9') fail("not a number", p);
    while (*p >= '0' && *p <= '9') p++;
    return p;
}

/* Reads four hexadecimal digits. */
static uint32_t code_unit(const char *p) {
    uint32_t code = 0;
    for (int i = 0; i < 4; i++) {
        const char *hex = "0123456789abcdef0123456789ABCDEF", *at = p[i] ? strchr(hex, p[i]) : NULL;
        if (!at) fail("wrong escape", p);
        code = code * 16 + (uint32_t)((at - hex) % 16);
    }
    return code;
}

/* Reads a string. `text` holds as much of it as fits. Escaped characters other than ASCII become a `?`. */
static const char *string(const char *p, char *text, size_t room) {
    p = expect(p, "\"");
    for (; *p != '"'; p++) {
        char c = *p;
        if ((unsigned char)c < ' ') fail("a string without end", p);
        if (c == '\\') {
            const char *names = "\"\\/bfnrt", *values = "\"\\/\b\f\n\r\t", *at;
            if (*++p == 'u') {
                uint32_t code = code_unit(p + 1);
                c = code > 0 && code < 128 ? (char)code : '?';
                p += 4;
            } else if (*p && (at = strchr(names, *p))) {
                c = values[at - names];
            } else {
                fail("wrong escape", p);
            }
        }
        if (room > 1) *text++ = c, room--;
    }
    if (room) *text = 0;
    return p + 1;
}

static const char *value(const char *p, int depth);

/* Reads the members of an object, or the items of an array. If one has the name `key`, `found` is its value. */
static const char *members(const char *p, char end, int depth, const char *key, const char **found) {
    char name[32];
    if (*(p = blank(p)) == end) return p + 1;
    for (;; p = blank(p + 1)) {
        if (end == '}') {
            p = blank(string(p, name, sizeof name));
            p = blank(expect(p, ":"));
            if (key && !strcmp(name, key)) *found = p;
        }
        p = blank(value(p, depth));
        if (*p == end) return p + 1;
        if (*p != ',') fail("wrong JSON", p);
    }
}

static const char *value(const char *p, int depth) {
    if (depth > 100) fail("JSON too deep", p);
    switch (*p) {
    case '{': return members(p + 1, '}', depth + 1, NULL, NULL);
    case '[': return members(p + 1, ']', depth + 1, NULL, NULL);
    case '"': return string(p, NULL, 0);
    case 't': return expect(p, "true");
    case 'f': return expect(p, "false");
    case 'n': return expect(p, "null");
    }
    if (*p == '-') p++;
    p = *p == '0' ? p + 1 : digits(p);
    if (*p == '.') p = digits(p + 1);
    if (*p == 'e' || *p == 'E') p = digits(p + 1 + (p[1] == '+' || p[1] == '-'));
    return p;
}

/* The value of a member, or NULL. */
static const char *get(const char *object, const char *key) {
    const char *found = NULL;
    if (*object == '{') members(object + 1, '}', 0, key, &found);
    return found;
}

static const char *need(const char *object, const char *key) {
    const char *found = get(object, key);
    if (!found) fail(key, object);
    return found;
}

static uint64_t number(const char *object, const char *key) {
    const char *p = need(object, key);
    digits(p);
    return strtoull(p, NULL, 10);
}

/* ---- Writing: the answer grows in one buffer. */

static char *out;
static size_t out_length, out_room;

static void put(const char *format, ...) {
    va_list args;
    for (;;) {
        va_start(args, format);
        int length = vsnprintf(out + out_length, out_room - out_length, format, args);
        va_end(args);
        if ((size_t)length < out_room - out_length) {
            out_length += (size_t)length;
            return;
        }
        out_room = 2 * out_room + (size_t)length + 1;
        out = resize(out, out_room, 1);
    }
}

/* Each effect begins with this. */
static bool has_effects;

static void effect(void) {
    put(has_effects ? ", " : ", \"effects\": [");
    has_effects = true;
}

/* ---- The processes. */

enum { APPLICATION = 900, DEAD = 999, FIRST_CALL = 1000, PARENT = 0 };

#define NOWHERE INT64_MAX /* in place of a stream */

struct row {
    uint32_t key, value;
};

/* Rows in the order in which they came. */
struct table {
    size_t count;
    struct row *rows;
};

struct process {
    uint32_t id, next_handle;
    struct table streams; /* open stream -> id of the neighbour */
    struct table routes;  /* id -> stream */
    struct table calls;   /* handle -> id that was called */
};

static struct process *processes; /* by number */
static size_t process_count;

static struct row *find(const struct table *table, uint32_t key) {
    for (size_t i = 0; i < table->count; i++)
        if (table->rows[i].key == key) return &table->rows[i];
    return NULL;
}

static void set(struct table *table, uint32_t key, uint32_t value) {
    struct row *row = find(table, key);
    if (!row) {
        table->rows = resize(table->rows, table->count + 1, sizeof *row);
        row = &table->rows[table->count++];
    }
    *row = (struct row){key, value};
}

static void take_out(struct table *table, uint32_t key) {
    struct row *row = find(table, key);
    if (row) memmove(row, row + 1, (size_t)(&table->rows[--table->count] - row) * sizeof *row);
}

static void end_process(size_t which) {
    if (which >= process_count) return;
    free(processes[which].streams.rows);
    free(processes[which].routes.rows);
    free(processes[which].calls.rows);
    processes[which] = (struct process){0};
}

static struct process *begin_process(size_t which, uint32_t id) {
    for (; process_count <= which; process_count++) {
        processes = resize(processes, process_count + 1, sizeof *processes);
        processes[process_count] = (struct process){0};
    }
    processes[which] = (struct process){.id = id, .next_handle = FIRST_CALL};
    return &processes[which];
}

/* ---- The protocol. */

/* Tells the neighbours on all streams but one, or the parent alone, about a context. */
static void tell(const struct process *p, const char *kind, uint32_t about, int64_t except, bool parent_only) {
    for (size_t i = 0; i < p->streams.count; i++) {
        struct row to = p->streams.rows[i];
        if (to.key == except || (parent_only && to.key != PARENT)) continue;
        effect();
        put("{\"send\": {\"stream\": %u, \"message\": {\"dst\": %u, ", to.key, to.value);
        put("\"kind\": \"%s\", \"about\": %u, \"body\": \"%s %u\"}}}", kind, about, kind, about);
    }
}

static void end_call(struct process *p, uint32_t handle, bool dead) {
    take_out(&p->calls, handle);
    effect();
    put("{\"reply\": {\"handle\": %u, \"dead\": %s}}", handle, dead ? "true" : "false");
}

static void here(struct process *p, uint32_t id, uint32_t stream) {
    if (id == p->id) return;
    set(&p->routes, id, stream);
    effect();
    put("{\"route\": {\"to\": %u, \"via\": %u}}", id, stream);
    tell(p, "here", id, stream, true);
}

/* A context is gone, as a neighbour says. One that can be reached elsewhere, in another life, is not. */
static void gone(struct process *p, uint32_t id, uint32_t stream) {
    struct row *route = find(&p->routes, id);
    if (id == p->id || (route && route->value != stream)) return;
    if (route) {
        take_out(&p->routes, id);
        effect();
        put("{\"route\": {\"to\": %u, \"via\": null}}", id);
    }
    for (size_t i = p->calls.count; i-- > 0;)
        if (p->calls.rows[i].value == id) end_call(p, p->calls.rows[i].key, true);
    tell(p, "gone", id, stream, false);
}

static void disconnect(struct process *p, uint32_t stream) {
    take_out(&p->streams, stream);
    for (size_t i = p->routes.count; i-- > 0;)
        if (p->routes.rows[i].value == stream) gone(p, p->routes.rows[i].key, stream);
}

/* ---- The messages of the application. */

static void arrive(struct process *p, const char *message, int length) {
    uint32_t handle = (uint32_t)number(message, "handle");
    if (handle == APPLICATION) {
        effect();
        put("{\"deliver\": %.*s}", length, message);
    } else if (find(&p->calls, handle)) {
        end_call(p, handle, number(message, "reply_to") == DEAD);
    }
}

/* Passes a message on as it came: by the table, and without an entry to the parent. */
static void forward(struct process *p, const char *message, int64_t came_on) {
    int length = (int)(value(message, 0) - message);
    uint32_t dst = (uint32_t)number(message, "dst"), reply_to = (uint32_t)number(message, "reply_to");
    if (dst == p->id) {
        arrive(p, message, length);
        return;
    }
    const struct row *route = find(&p->routes, dst);
    int64_t way = route ? route->value : find(&p->streams, PARENT) ? PARENT : NOWHERE;
    if (way != NOWHERE && way != came_on) {
        effect();
        put("{\"send\": {\"stream\": %u, \"message\": %.*s}}", (uint32_t)way, length, message);
    } else if (reply_to && reply_to != DEAD) { /* The caller must know that there will be no reply. */
        char dead[160];
        snprintf(dead, sizeof dead, "{\"dst\": %u, \"src\": %u, \"handle\": %u, \"reply_to\": %u}",
                 (uint32_t)number(message, "src"), p->id, reply_to, DEAD);
        forward(p, dead, NOWHERE);
    }
}

static void originate(struct process *p, uint32_t dst, uint32_t handle, uint32_t reply_to, uint32_t bytes, uint32_t reply) {
    char message[240];
    snprintf(message, sizeof message,
             "{\"dst\": %u, \"src\": %u, \"handle\": %u, \"reply_to\": %u, \"data\": {\"bytes\": %u, \"reply_bytes\": %u}}",
             dst, p->id, handle, reply_to, bytes, reply);
    forward(p, message, NOWHERE);
}

/* ---- The pipe. */

/* A number of the request, which must be less than 2^32. */
static uint32_t of(const char *request, const char *key) { return (uint32_t)number(request, key); }

static void handle_message(struct process *p, const char *message, uint32_t stream) {
    char kind[8] = "";
    if (get(message, "kind")) string(get(message, "kind"), kind, sizeof kind);
    if (!strcmp(kind, "here")) here(p, of(message, "about"), stream);
    else if (!strcmp(kind, "gone")) gone(p, of(message, "about"), stream);
    else forward(p, message, stream);
}

static void answer(const char *request, const char *what) {
    const char *ended = get(request, "ended");
    for (const char *at = ended ? blank(ended + 1) : "]"; *at != ']';) {
        end_process(strtoul(at, NULL, 10));
        at = blank(digits(at));
        if (*at == ',') at = blank(at + 1);
    }
    if (!strcmp(what, "start")) {
        for (size_t i = 0; i < process_count; i++) end_process(i);
        begin_process(0, 0);
        return;
    }
    uint32_t which = of(request, "process");
    if (!strcmp(what, "birth")) {
        struct process *child = begin_process(which, of(request, "id"));
        set(&child->streams, PARENT, of(request, "parent"));
        set(&child->routes, of(request, "parent"), PARENT);
        return;
    }
    if (which >= process_count || !processes[which].next_handle) fail("no such process", request);
    struct process *p = &processes[which];
    if (!strcmp(what, "connect")) {
        set(&p->streams, of(request, "stream"), of(request, "id"));
        here(p, of(request, "id"), of(request, "stream"));
    } else if (!strcmp(what, "message")) {
        handle_message(p, need(request, "message"), of(request, "stream"));
    } else if (!strcmp(what, "disconnect")) {
        disconnect(p, of(request, "stream"));
    } else if (!strcmp(what, "send")) {
        originate(p, of(request, "to"), APPLICATION, 0, of(request, "bytes"), of(request, "reply_bytes"));
    } else if (!strcmp(what, "call")) {
        uint32_t handle = p->next_handle++;
        put(", \"handle\": %u", handle);
        set(&p->calls, handle, of(request, "to"));
        originate(p, of(request, "to"), APPLICATION, handle, of(request, "bytes"), of(request, "reply_bytes"));
    } else if (!strcmp(what, "reply")) {
        const char *message = need(request, "message");
        originate(p, of(message, "src"), of(message, "reply_to"), 0, of(need(message, "data"), "reply_bytes"), 0);
    } else {
        fail("an unknown request", request);
    }
}

int main(void) {
    char *line = NULL, what[32];
    size_t room = 0;
    if (getline(&line, &room, stdin) < 0) return 1;
    puts("{\"protocol\": 1, \"name\": \"upward\", \"kinds\": [\"here\", \"gone\"], "
         "\"announces\": [\"here\"], \"retracts\": [\"gone\"]}");
    fflush(stdout);
    while (getline(&line, &room, stdin) > 0) {
        const char *request = blank(line);
        if (*blank(value(request, 0))) fail("more than one value on a line", line);
        string(need(request, "do"), what, sizeof what);
        out_length = 0;
        has_effects = false;
        put("{\"n\": %llu", (unsigned long long)number(request, "n"));
        answer(request, what);
        put(has_effects ? "]}\n" : "}\n");
        fwrite(out, 1, out_length, stdout);
        fflush(stdout);
    }
    free(line);
    return 0;
}
