/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-pkmf-internal.h"

static void
job_free(PkmfJob *job)
{
    GQueue *queue = job->running ? &job->pkmf->running : &job->pkmf->jobs;

    g_queue_unlink(queue, &job->link);
    prose_timers_disarm(&job->pkmf->timers, &job->done);
    if (job->call)
        job->call->job = NULL;
    if (job->ue)
        job->ue->job = NULL;
    g_free(job);
}

static void
report(ProsePkmf *pkmf, ProseEventType type, guint *told, guint number, uint64_t now_ns)
{
    ProseEvent event = prose_event_at(type, now_ns, pkmf->name);

    if (*told == number)
        return;
    *told = number;
    event.has_value = true;
    event.value = number;
    pkmf_emit(pkmf, &event, NULL);
}

void
pkmf_queue_report(ProsePkmf *pkmf, uint64_t now_ns)
{
    report(pkmf, PROSE_EVENT_PKMF_QUEUE, &pkmf->queue_told, pkmf->jobs.length, now_ns);
    report(pkmf, PROSE_EVENT_PKMF_WORKERS, &pkmf->running_told, pkmf->running.length, now_ns);
}

static void
start_waiting(ProsePkmf *pkmf, uint64_t now_ns)
{
    ProsePkmfLoad *load = &pkmf->load;

    while (pkmf->jobs.head && pkmf->running.length < pkmf->config.workers) {
        PkmfJob *job = pkmf->jobs.head->data;
        uint64_t wait = now_ns - job->queued_ns;

        g_queue_unlink(&pkmf->jobs, &job->link);
        g_queue_push_tail_link(&pkmf->running, &job->link);
        job->running = true;
        job->started_ns = now_ns;
        load->jobs[job->op]++;
        load->wait_ns += wait;
        load->wait_max_ns = MAX(load->wait_max_ns, wait);
        if (pkmf->host.waited)
            pkmf->host.waited(pkmf->user, job->op, wait);
        prose_timers_arm(&pkmf->timers, &job->done, now_ns + pkmf->host.service_time(pkmf->user, job->op));
    }
    load->queue_max = MAX(load->queue_max, pkmf->jobs.length);
    pkmf_queue_report(pkmf, now_ns);
}

static void
job_done_cb(void *user, uint64_t now_ns)
{
    PkmfJob *job = user;
    ProsePkmf *pkmf = job->pkmf;
    PkmfCall *call = job->call;
    PkmfUe *ue = job->ue;
    ProsePkmfOp op = job->op;

    pkmf->load.busy_ns += now_ns - job->started_ns;
    job_free(job);
    if (op == PROSE_PKMF_OP_TLS && call)
        prose_server_proceed(pkmf->server, call->conn, now_ns);
    else if (op == PROSE_PKMF_OP_REQUEST && call)
        pkmf_call_answer(call, now_ns);
    else if (op == PROSE_PKMF_OP_DELIVERY && ue)
        pkmf_ue_send(ue, now_ns);
    start_waiting(pkmf, now_ns);
}

PkmfJob *
pkmf_queue_add(ProsePkmf *pkmf, ProsePkmfOp op, PkmfCall *call, PkmfUe *ue, uint64_t now_ns)
{
    PkmfJob *job = g_new0(PkmfJob, 1);

    job->pkmf = pkmf;
    job->op = op;
    job->queued_ns = now_ns;
    job->done = (ProseTimer) { .fire = job_done_cb, .user = job };
    job->link.data = job;
    job->call = call;
    job->ue = ue;
    g_queue_push_tail_link(&pkmf->jobs, &job->link);
    start_waiting(pkmf, now_ns);
    return job;
}

void
pkmf_job_cancel(PkmfJob *job, uint64_t now_ns)
{
    ProsePkmf *pkmf = job->pkmf;

    if (!job->running) {
        job_free(job);
        pkmf_queue_report(pkmf, now_ns);
        return;
    }
    /* The worker finds out only when it is done. */
    if (job->call)
        job->call->job = NULL;
    if (job->ue)
        job->ue->job = NULL;
    job->call = NULL;
    job->ue = NULL;
}

bool
pkmf_queue_is_full(const ProsePkmf *pkmf)
{
    return pkmf->config.queue_limit && pkmf->jobs.length >= pkmf->config.queue_limit;
}

void
pkmf_queue_clear(ProsePkmf *pkmf, uint64_t now_ns)
{
    while (pkmf->running.head) {
        PkmfJob *job = pkmf->running.head->data;

        pkmf->load.busy_ns += MAX(now_ns, job->started_ns) - job->started_ns;
        job_free(job);
    }
    while (pkmf->jobs.head)
        job_free(pkmf->jobs.head->data);
}
