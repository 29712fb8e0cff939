/* SPDX-License-Identifier: GPL-2.0-only */
#include "ns3c-internal.h"

#include <ns3/boolean.h>
#include <ns3/config.h>
#include <ns3/double.h>
#include <ns3/log.h>
#include <ns3/map-scheduler.h>
#include <ns3/object-factory.h>
#include <ns3/rng-seed-manager.h>
#include <ns3/tcp-congestion-ops.h>
#include <ns3/type-id.h>
#include <ns3/uinteger.h>

#include <cstring>

#ifndef NS3C_NS3_VERSION
#define NS3C_NS3_VERSION "unknown"
#endif

namespace ns3c
{

/*
 * ns-3 orders events of one instant by when they were scheduled, so a plain stop at that instant would come after some
 * of them. This scheduler lets one chosen event come first.
 */
class Scheduler : public ns3::MapScheduler
{
  public:
    static ns3::TypeId
    GetTypeId()
    {
        static ns3::TypeId tid =
            ns3::TypeId("ns3c::Scheduler").SetParent<ns3::MapScheduler>().AddConstructor<Scheduler>();

        return tid;
    }

    void
    Insert(const ns3::Scheduler::Event &ev) override
    {
        if (s_choose) {
            s_choose = false;
            s_first = ev.impl;
        }
        ns3::MapScheduler::Insert(Keyed(ev));
    }

    void
    Remove(const ns3::Scheduler::Event &ev) override
    {
        ns3::MapScheduler::Remove(Keyed(ev));
    }

    static bool s_choose;                   /* the next event inserted is the one */
    static const ns3::EventImpl *s_first;

  private:
    static ns3::Scheduler::Event
    Keyed(const ns3::Scheduler::Event &ev)
    {
        ns3::Scheduler::Event keyed = ev;

        if (ev.impl == s_first)
            keyed.key.m_uid = 0;            /* below every number that ns-3 gives to an event */
        return keyed;
    }
};

bool Scheduler::s_choose = false;
const ns3::EventImpl *Scheduler::s_first = nullptr;

NS_OBJECT_ENSURE_REGISTERED(Scheduler);

static Orphan *orphans;

Orphan::~Orphan()
{
    if (!m_adopted)
        return;
    (m_prev ? m_prev->m_next : orphans) = m_next;
    if (m_next)
        m_next->m_prev = m_prev;
}

void
Orphan::Adopt()
{
    if (m_adopted)
        return;
    m_adopted = true;
    m_next = orphans;
    if (orphans)
        orphans->m_prev = this;
    orphans = this;
}

void
Orphan::Bury()
{
    Adopt();
    if (m_buried)
        return;
    m_buried = true;
    ns3::Simulator::ScheduleNow(&Orphan::Dig, this);
}

void
Orphan::Dig(Orphan *orphan)
{
    delete orphan;
}

void
Orphan::SweepAll()
{
    while (orphans)
        delete orphans;
}

} // namespace ns3c

using namespace ns3c;

const char *
ns3c_strerror(int code) noexcept
{
    switch (code) {
    case NS3C_OK: return "no error";
    case NS3C_ERR_INVALID: return "invalid argument";
    case NS3C_ERR_UNKNOWN: return "no such type, name or attribute";
    case NS3C_ERR_STATE: return "not in this state";
    case NS3C_ERR_NO_ROUTE: return "no route";
    case NS3C_ERR_FULL: return "buffer full";
    case NS3C_ERR_IO: return "file cannot be written";
    case NS3C_ERR_INTERNAL: return "ns-3 refused";
    default: return "unknown error";
    }
}

const char *
ns3c_version(void) noexcept
{
    return NS3C_NS3_VERSION;
}

int
ns3c_sim_init(uint32_t seed, uint64_t run) noexcept
{
    ns3::ObjectFactory scheduler;

    if (seed == 0 || seed > 4294944442u)
        return NS3C_ERR_INVALID;
    ns3c_sim_destroy();
    scheduler.SetTypeId(Scheduler::GetTypeId());
    ns3::Simulator::SetScheduler(scheduler);
    ns3::RngSeedManager::SetSeed(seed);
    ns3::RngSeedManager::SetRun(run);

    /* Lean TCP, see doc/architecture.md. A long TIME_WAIT would keep the simulation alive and its end point in a list
     * that every packet walks. */
    if (!ns3::Config::SetDefaultFailSafe("ns3::TcpL4Protocol::SocketType",
                                         ns3::TypeIdValue(ns3::TcpNewReno::GetTypeId())) ||
        !ns3::Config::SetDefaultFailSafe("ns3::TcpSocketBase::Sack", ns3::BooleanValue(false)) ||
        !ns3::Config::SetDefaultFailSafe("ns3::TcpSocketBase::Timestamp", ns3::BooleanValue(false)) ||
        !ns3::Config::SetDefaultFailSafe("ns3::TcpSocketBase::WindowScaling", ns3::BooleanValue(false)) ||
        !ns3::Config::SetDefaultFailSafe("ns3::TcpSocketBase::MaxSegLifetime", ns3::DoubleValue(1.0)) ||
        !ns3::Config::SetDefaultFailSafe("ns3::TcpSocket::SegmentSize", ns3::UintegerValue(1448)))
        return NS3C_ERR_INTERNAL;
    return 0;
}

uint64_t
ns3c_sim_now(void) noexcept
{
    return now_ns();
}

static void
stop_at_end(void)
{
    Scheduler::s_first = nullptr;
    ns3::Simulator::Stop();
}

void
ns3c_sim_run(uint64_t until_ns) noexcept
{
    ns3::EventId stop;
    uint64_t now = now_ns();

    if (until_ns <= now)
        return;
    if (until_ns <= END_OF_TIME) {
        Scheduler::s_choose = true;
        stop = ns3::Simulator::Schedule(span(until_ns - now), &stop_at_end);
    }
    ns3::Simulator::Run();
    /* Still there if ns3c_sim_stop() came before it. ns-3's own test for that goes by the number that it lost. */
    if (Scheduler::s_first)
        ns3::Simulator::Remove(stop);
    Scheduler::s_first = nullptr;
}

void
ns3c_sim_stop(void) noexcept
{
    ns3::Simulator::Stop();
}

void
ns3c_sim_destroy(void) noexcept
{
    Orphan::SweepAll();
    forget_tcp_prototype();
    ns3::Simulator::Destroy();
    forget_retired();
}

uint64_t
ns3c_sim_event_count(void) noexcept
{
    return ns3::Simulator::GetEventCount();
}

struct Ns3cEvent {
    ns3::EventId id;
};

Ns3cEvent *
ns3c_event_new(uint64_t delay_ns, void (*fn)(void *), void *user) noexcept
{
    auto *ev = new Ns3cEvent;

    if (delay_ns <= END_OF_TIME)
        ev->id = ns3::Simulator::Schedule(span(delay_ns), fn, user);
    return ev;
}

Ns3cEvent *
ns3c_event_free(Ns3cEvent *ev) noexcept
{
    /* Not Cancel(), which leaves the event in the queue: it would keep the simulation going until its time. */
    if (ev)
        ns3::Simulator::Remove(ev->id);
    delete ev;
    return nullptr;
}

struct Ns3cTimer {
    void (*fn)(void *user);
    void *user;
    uint64_t at_ns = NS3C_FOREVER;
    ns3::EventId id;
};

static void
timer_expire(Ns3cTimer *t)
{
    t->at_ns = NS3C_FOREVER;
    t->fn(t->user);                         /* may free @t */
}

Ns3cTimer *
ns3c_timer_new(void (*fn)(void *), void *user) noexcept
{
    auto *t = new Ns3cTimer;

    t->fn = fn;
    t->user = user;
    return t;
}

Ns3cTimer *
ns3c_timer_free(Ns3cTimer *t) noexcept
{
    if (t)
        ns3::Simulator::Remove(t->id);
    delete t;
    return nullptr;
}

void
ns3c_timer_set(Ns3cTimer *t, uint64_t at_ns) noexcept
{
    uint64_t now = now_ns();

    if (at_ns != NS3C_FOREVER && at_ns < now)
        at_ns = now;
    if (at_ns == t->at_ns)
        return;
    ns3::Simulator::Remove(t->id);
    t->at_ns = at_ns;
    if (at_ns <= END_OF_TIME)
        t->id = ns3::Simulator::Schedule(span(at_ns - now), &timer_expire, t);
}

int
ns3c_log_enable(const char *component, const char *level) noexcept
{
    static const struct {
        const char *name;
        ns3::LogLevel level;
    } levels[] = {
        {"error", ns3::LOG_LEVEL_ERROR},
        {"warn", ns3::LOG_LEVEL_WARN},
        {"info", ns3::LOG_LEVEL_INFO},
        {"all", ns3::LOG_LEVEL_ALL},
    };
    const auto *known = ns3::LogComponent::GetComponentList();

    if (known->find(component) == known->end())
        return NS3C_ERR_UNKNOWN;
    for (const auto &l : levels) {
        if (std::strcmp(l.name, level) == 0) {
            ns3::LogComponentEnable(component, static_cast<ns3::LogLevel>(l.level | ns3::LOG_PREFIX_TIME |
                                                                         ns3::LOG_PREFIX_NODE | ns3::LOG_PREFIX_FUNC));
            return 0;
        }
    }
    return NS3C_ERR_UNKNOWN;
}
