/* The team of threads. Ranks publish pointers in slots between two barriers;
 * a transfer is a rendezvous in a mailbox. One mutex and one condition for a
 * whole family of teams, so that a rank that leaves wakes every waiter.
 */
#include "config.h"
#include "harness/team/threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"

#define PATIENCE 50 /* yields before a waiter sleeps */
#define PIECE 256   /* numbers of a reduction at once */

struct family {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t changes; /* of anything that somebody may wait for */
    bool left;        /* a rank failed: nothing collective can end */
};

struct mail {
    const void *data;
    size_t n;
    bool full;
};

/* What the ranks of one team share. */
struct hub {
    struct family *family;
    int size, per_node, users;
    int arrived;
    uint64_t round;     /* of the barrier */
    void **slots;       /* one a rank */
    struct mail *mails; /* from * size + to */
};

struct thread_team {
    struct et_team team;
    struct hub *hub;
};

static struct hub *hub_of(struct et_team *t)
{
    return ((struct thread_team *)t)->hub;
}

/* With the lock held: until something has changed. A few yields first: a
 * thread that sleeps wakes late. */
static void wait_change(struct family *f)
{
    uint64_t seen = f->changes;
    for (int i = 0; i < PATIENCE && f->changes == seen; i++) {
        pthread_mutex_unlock(&f->lock);
        sched_yield();
        pthread_mutex_lock(&f->lock);
    }
    while (f->changes == seen)
        pthread_cond_wait(&f->changed, &f->lock);
}

static void change(struct family *f)
{
    f->changes++;
    pthread_cond_broadcast(&f->changed);
}

static enum et_status broken(void)
{
    return et_error(ET_INFRA, "a rank of the team of threads has left it");
}

static enum et_status barrier(struct et_team *t)
{
    struct hub *h = hub_of(t);
    struct family *f = h->family;
    pthread_mutex_lock(&f->lock);
    uint64_t round = h->round;
    if (++h->arrived == h->size) {
        h->arrived = 0;
        h->round++;
        change(f);
    }
    while (h->round == round && !f->left)
        wait_change(f);
    bool done = h->round != round;
    pthread_mutex_unlock(&f->lock);
    return done ? ET_OK : broken();
}

/* Every rank's slot is set on return; it must stay good to the next barrier. */
static enum et_status publish(struct et_team *t, void *data)
{
    hub_of(t)->slots[t->rank] = data;
    return barrier(t);
}

static enum et_status broadcast(struct et_team *t, int root, void *data,
                                size_t n)
{
    enum et_status s = publish(t, data);
    if (s == ET_OK && n > 0 && t->rank != root)
        memcpy(data, hub_of(t)->slots[root], n);
    return s == ET_OK ? barrier(t) : s;
}

static double combine(enum et_reduce op, double a, double b)
{
    if (op == ET_SUM)
        return a + b;
    return (op == ET_MAX ? b > a : b < a) ? b : a;
}

/* Piece by piece, so that no rank needs memory that it alone may not get. */
static enum et_status reduce(struct et_team *t, enum et_reduce op, double *v,
                             size_t n)
{
    double sum[PIECE];
    enum et_status s = publish(t, v);
    for (size_t at = 0; s == ET_OK && at < n; at += PIECE) {
        size_t piece = n - at < PIECE ? n - at : PIECE;
        for (int r = 0; r < t->size; r++) {
            const double *theirs = (const double *)hub_of(t)->slots[r] + at;
            for (size_t i = 0; i < piece; i++)
                sum[i] = r == 0 ? theirs[i] : combine(op, sum[i], theirs[i]);
        }
        /* All have read it: it may be written over. */
        s = barrier(t);
        if (s == ET_OK)
            memcpy(v + at, sum, piece * sizeof *v);
    }
    return s;
}

static enum et_status exchange(struct et_team *t, const void *send, size_t ns,
                               int to, void *receive, size_t nr, int from)
{
    struct hub *h = hub_of(t);
    struct family *f = h->family;
    struct mail *out = ns ? &h->mails[t->rank * h->size + to] : NULL;
    struct mail *in = nr ? &h->mails[from * h->size + t->rank] : NULL;
    size_t due = nr;
    pthread_mutex_lock(&f->lock);
    if (out) {
        *out = (struct mail){send, ns, true};
        change(f);
    }
    while (in && !in->full && !f->left)
        wait_change(f);
    /* Who left may have taken along what its mail points to. */
    if (in && !f->left) {
        due = in->n;
        if (due == nr)
            memcpy(receive, in->data, nr);
        in->full = false;
        in = NULL;
        change(f);
    }
    while (out && out->full && !f->left)
        wait_change(f);
    bool failed = in || (out && out->full);
    if (out && out->full) /* nobody shall read it once this has returned */
        *out = (struct mail){0};
    pthread_mutex_unlock(&f->lock);
    if (failed)
        return broken();
    return due == nr
               ? ET_OK
               : et_error(ET_INFRA, "rank %d sent %zu bytes where %zu were due",
                          from, due, nr);
}

static void free_hub(struct hub *h)
{
    if (h) {
        free(h->slots);
        free(h->mails);
        free(h);
    }
}

static struct hub *make_hub(struct family *f, int size, int per_node)
{
    struct hub *h = et_alloc(1, sizeof *h);
    if (!h)
        return NULL;
    size_t n = (size_t)size;
    *h = (struct hub){.family = f,
                      .size = size,
                      .per_node = per_node,
                      .users = size,
                      .slots = et_alloc(n, sizeof *h->slots),
                      .mails = et_alloc(n * n, sizeof *h->mails)};
    if (h->slots && h->mails)
        return h;
    free_hub(h);
    return NULL;
}

static void close_team(struct et_team *t)
{
    struct hub *h = hub_of(t);
    pthread_mutex_lock(&h->family->lock);
    bool last = --h->users == 0;
    pthread_mutex_unlock(&h->family->lock);
    if (last)
        free_hub(h);
    free(t);
}

static enum et_status first(struct et_team *t, int ranks, struct et_team **out);

static const struct et_team_ops ops =
    ET_TEAM_OPS("threads", barrier, barrier, close_team);

static struct et_team *join(struct hub *h, int rank)
{
    struct thread_team *m = et_alloc(1, sizeof *m);
    if (!m)
        return NULL;
    int node = rank / h->per_node, before = node * h->per_node;
    int left = h->size - before;
    m->hub = h;
    m->team =
        (struct et_team){.ops = &ops,
                         .rank = rank,
                         .size = h->size,
                         .node = node,
                         .nodes = (h->size - 1) / h->per_node + 1,
                         .local_rank = rank - before,
                         .local_size = left < h->per_node ? left : h->per_node};
    return &m->team;
}

static enum et_status first(struct et_team *t, int ranks, struct et_team **out)
{
    struct hub *mine = hub_of(t), *made = NULL;
    struct et_team *team = NULL;
    if (t->rank == 0)
        made = make_hub(mine->family, ranks, mine->per_node);
    enum et_status s = broadcast(t, 0, &made, sizeof made);
    if (s != ET_OK)
        return s;
    if (made && t->rank < ranks)
        team = join(made, t->rank);
    bool failed = !made || (t->rank < ranks && !team);
    s = et_team_agree(t, failed ? et_no_memory() : ET_OK);
    if (s == ET_OK) {
        *out = team;
        return ET_OK;
    }
    free(team);
    if (t->rank == 0)
        free_hub(made);
    return s;
}

/* Nobody shall wait for a rank that failed, or never began. */
static void leave(struct family *f)
{
    pthread_mutex_lock(&f->lock);
    f->left = true;
    change(f);
    pthread_mutex_unlock(&f->lock);
}

struct start {
    struct et_team *team;
    enum et_status (*fn)(struct et_team *t, void *arg);
    void *arg;
    enum et_status status;
};

static void *start_rank(void *p)
{
    struct start *s = p;
    s->status = s->fn(s->team, s->arg);
    if (s->status != ET_OK)
        leave(hub_of(s->team)->family);
    return NULL;
}

enum et_status et_team_threads_run(int ranks, int per_node,
                                   enum et_status (*fn)(struct et_team *t,
                                                        void *arg),
                                   void *arg)
{
    struct family f = {.lock = PTHREAD_MUTEX_INITIALIZER,
                       .changed = PTHREAD_COND_INITIALIZER};
    struct start *starts = et_alloc((size_t)ranks, sizeof *starts);
    pthread_t *threads = et_alloc((size_t)ranks, sizeof *threads);
    struct hub *h = make_hub(&f, ranks, per_node > 0 ? per_node : ranks);
    enum et_status worst = ET_OK;
    int begun = 1;
    if (!starts || !threads || !h)
        worst = et_no_memory();
    for (int r = 0; r < ranks && worst == ET_OK; r++) {
        starts[r] = (struct start){join(h, r), fn, arg, ET_OK};
        if (!starts[r].team)
            worst = et_no_memory();
    }
    for (; begun < ranks && worst == ET_OK; begun++) {
        if (pthread_create(&threads[begun], NULL, start_rank, &starts[begun])) {
            worst = et_error(ET_INFRA, "no thread for rank %d", begun);
            leave(&f);
            break;
        }
    }
    if (worst == ET_OK)
        start_rank(&starts[0]);
    for (int r = 1; starts && threads && r < begun; r++)
        pthread_join(threads[r], NULL);
    for (int r = 0; starts && r < ranks; r++) {
        if (r < begun)
            worst = et_status_worse(worst, starts[r].status);
        free(starts[r].team);
    }
    free_hub(h);
    free(threads);
    free(starts);
    pthread_cond_destroy(&f.changed);
    pthread_mutex_destroy(&f.lock);
    return worst;
}
