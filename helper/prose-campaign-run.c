/* SPDX-License-Identifier: GPL-2.0-only */
/* The pool of workers on this machine. */
#include "prose-campaign-run.h"

#include "prose-output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM "/proc/self/exe"   /* what runs now, even if a newer build has taken its name */
#define PROGRESS_EVERY_US G_USEC_PER_SEC

typedef struct Worker {
    pid_t pid;                     /* 0: idle */
    ProseJob *job;
    gint64 deadline_us;            /* 0: none */
    bool timed_out;
} Worker;

typedef struct Pool {
    ProsePlan *plan;
    Worker *workers;               /* (owned) */
    guint n_workers, n_running;
    double timeout_s;
    bool progress;
    gint64 shown_us, started_us;
    sigset_t awaited, before;
} Pool;

/* ---- one process ---- */

/* Between fork and exec; only what a signal handler might do. */
static void
become(const Pool *pool, char *const *argv, const char *log, pid_t parent)
{
    int null = open("/dev/null", O_RDWR), errors = open(log, O_CREAT | O_WRONLY | O_TRUNC, 0666);

    /* A run whose campaign was killed would write where its successor does. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent || setpgid(0, 0) != 0)
        _exit(127);
    if (null < 0 || errors < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 || dup2(errors, STDERR_FILENO) < 0)
        _exit(127);
    sigprocmask(SIG_SETMASK, &pool->before, NULL);
    execv(PROGRAM, argv);
    _exit(127);
}

static bool
start(Pool *pool, Worker *worker, ProseJob *job, GError **error)
{
    g_autoptr(GPtrArray) words = prose_plan_command(pool->plan, job);
    g_autofree char *log = prose_plan_part(pool->plan, job, ".log");
    pid_t parent = getpid(), pid;

    g_ptr_array_insert(words, 0, g_strdup("prose-sim"));
    if (!prose_plan_start(pool->plan, job, error))
        return false;
    pid = fork();
    if (pid == 0)
        become(pool, (char *const *) words->pdata, log, parent);
    if (pid < 0) {
        job->state = PROSE_JOB_READY;
        g_set_error(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_FAILED, "cannot start a process: %s", g_strerror(errno));
        return false;
    }
    *worker = (Worker) { .pid = pid, .job = job };
    if (pool->timeout_s > 0)
        worker->deadline_us = g_get_monotonic_time() + (gint64) (pool->timeout_s * G_USEC_PER_SEC);
    pool->n_running++;
    return true;
}

static void
end(Worker *worker)
{
    if (kill(-worker->pid, SIGKILL) != 0)
        kill(worker->pid, SIGKILL);    /* it has not made a group of its own yet */
}

static bool
ended(Pool *pool, Worker *worker, int status, GError **error)
{
    ProseEnding ending = {
        .timed_out = worker->timed_out,
        .exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
    };
    ProseJob *job = worker->job;

    *worker = (Worker) { 0 };
    pool->n_running--;
    return prose_plan_finish_job(pool->plan, job, &ending, error);
}

/* ---- the pool ---- */

static void
show_progress(Pool *pool, bool last)
{
    ProsePlanCount count;
    g_autofree char *left = NULL;
    gint64 now = g_get_monotonic_time();

    if (!pool->progress || (!last && now - pool->shown_us < PROGRESS_EVERY_US))
        return;
    pool->shown_us = now;
    prose_plan_count(pool->plan, &count);
    left = prose_campaign_duration_print(count.seconds_left / pool->n_workers);
    fprintf(stderr, "\r%u of %u runs", count.finished, count.total);
    if (count.bad > 0)
        fprintf(stderr, ", %u failed", count.bad);
    if (last)
        fputs("                        \n", stderr);
    else
        fprintf(stderr, ", about %s left    ", left);
    fflush(stderr);
}

/* Every worker that has ended. */
static bool
reap(Pool *pool, GError **error)
{
    for (guint i = 0; i < pool->n_workers; i++) {
        Worker *worker = &pool->workers[i];
        int status;

        if (worker->pid && waitpid(worker->pid, &status, WNOHANG) == worker->pid && !ended(pool, worker, status, error))
            return false;
    }
    return true;
}

static bool
fill(Pool *pool, GError **error)
{
    for (guint i = 0; i < pool->n_workers; i++) {
        ProseJob *job = pool->workers[i].pid ? NULL : prose_plan_next(pool->plan);

        if (job && !start(pool, &pool->workers[i], job, error))
            return false;
    }
    return true;
}

/* Sleeps until a child ends, a run has had its time, or somebody interrupts. Returns: false for the latter. */
static bool
await(Pool *pool, GError **error)
{
    gint64 now = g_get_monotonic_time(), until = now + (pool->progress ? PROGRESS_EVERY_US : 3600 * (gint64) G_USEC_PER_SEC);
    struct timespec wait;
    int got;

    for (guint i = 0; i < pool->n_workers; i++) {
        Worker *worker = &pool->workers[i];

        if (!worker->pid || !worker->deadline_us || worker->timed_out)
            continue;
        if (worker->deadline_us <= now) {
            worker->timed_out = true;
            end(worker);
        } else {
            until = MIN(until, worker->deadline_us);
        }
    }
    wait.tv_sec = (time_t) (MAX(until - now, 0) / G_USEC_PER_SEC);
    wait.tv_nsec = (long) (MAX(until - now, 0) % G_USEC_PER_SEC * 1000);
    got = sigtimedwait(&pool->awaited, NULL, &wait);
    if (got != SIGINT && got != SIGTERM)
        return true;
    g_set_error(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_FAILED, "interrupted");
    return false;
}

static void
end_all(Pool *pool)
{
    for (guint i = 0; i < pool->n_workers; i++) {
        Worker *worker = &pool->workers[i];

        if (!worker->pid)
            continue;
        end(worker);
        waitpid(worker->pid, NULL, 0);
        worker->pid = 0;
    }
}

bool
prose_campaign_run_local(ProsePlan *plan, guint workers, double timeout_s, bool progress, GError **error)
{
    Pool pool = { .plan = plan, .n_workers = workers, .timeout_s = timeout_s, .progress = progress };
    bool done;

    pool.workers = g_new0(Worker, workers);
    sigemptyset(&pool.awaited);
    sigaddset(&pool.awaited, SIGCHLD);
    sigaddset(&pool.awaited, SIGINT);
    sigaddset(&pool.awaited, SIGTERM);
    sigprocmask(SIG_BLOCK, &pool.awaited, &pool.before);
    for (done = fill(&pool, error); done && pool.n_running > 0;) {
        show_progress(&pool, false);
        done = await(&pool, error) && reap(&pool, error) && fill(&pool, error);
    }
    end_all(&pool);
    show_progress(&pool, true);
    sigprocmask(SIG_SETMASK, &pool.before, NULL);
    g_free(pool.workers);
    return done;
}
