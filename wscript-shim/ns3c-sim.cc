/* SPDX-License-Identifier: GPL-2.0-only */
#include "ns3c-internal.h"

#include <ns3/boolean.h>
#include <ns3/config.h>
#include <ns3/double.h>
#include <ns3/log.h>
#include <ns3/object-factory.h>
#include <ns3/rng-seed-manager.h>
#include <ns3/scheduler.h>
#include <ns3/tcp-congestion-ops.h>
#include <ns3/type-id.h>
#include <ns3/uinteger.h>

#include <algorithm>
#include <cstring>

#ifndef NS3C_NS3_VERSION
#define NS3C_NS3_VERSION "unknown"
#endif

namespace ns3c
{

/* A set of event numbers, open-addressed: they come and go with every timer that is moved. */
class UidSet
{
  public:
    bool
    IsEmpty() const
    {
        return m_count == 0;
    }

    size_t
    Size() const
    {
        return m_count;
    }

    void
    Insert(uint32_t uid)
    {
        if (4 * (m_count + 1) > 3 * m_slots.size())
            Grow();
        m_slots[FreePlace(uid)] = uid + UINT64_C(1);
        m_count++;
    }

    /* Returns: whether it was there. */
    bool
    Erase(uint32_t uid)
    {
        size_t hole, i;

        if (m_count == 0)
            return false;
        for (hole = Home(uid); m_slots[hole] != uid + UINT64_C(1); hole = Next(hole)) {
            if (m_slots[hole] == 0)
                return false;
        }
        /* What would not be found any more across the hole moves into it. */
        for (i = Next(hole); m_slots[i] != 0; i = Next(i)) {
            const size_t home = Home(static_cast<uint32_t>(m_slots[i] - 1));

            if (((i - home) & (m_slots.size() - 1)) >= ((i - hole) & (m_slots.size() - 1))) {
                m_slots[hole] = m_slots[i];
                hole = i;
            }
        }
        m_slots[hole] = 0;
        m_count--;
        return true;
    }

  private:
    size_t
    Home(uint32_t uid) const
    {
        return (uid * UINT64_C(0x9E3779B97F4A7C15) >> 20) & (m_slots.size() - 1);
    }

    size_t
    Next(size_t i) const
    {
        return (i + 1) & (m_slots.size() - 1);
    }

    size_t
    FreePlace(uint32_t uid) const
    {
        size_t i = Home(uid);

        while (m_slots[i] != 0)
            i = Next(i);
        return i;
    }

    void
    Grow()
    {
        std::vector<uint64_t> old(m_slots.empty() ? 64 : 2 * m_slots.size());

        old.swap(m_slots);
        for (uint64_t slot : old) {
            if (slot != 0)
                m_slots[FreePlace(static_cast<uint32_t>(slot - 1))] = slot;
        }
    }

    std::vector<uint64_t> m_slots;          /* a power of two: number + 1, 0 where there is none */
    size_t m_count = 0;
};

/*
 * ns-3 orders events of one instant by when they were scheduled, so a plain stop at that instant would come after some
 * of them. This scheduler lets one chosen event come first. It is a heap, each event with its time beside it, four to a
 * parent: with tens of thousands of events a tree of nodes costs a cache miss at each step. An event that is removed stays until it
 * would be next, or until such are the most; only its number is kept, since the event itself is freed.
 */
class Scheduler : public ns3::Scheduler
{
  public:
    static ns3::TypeId
    GetTypeId()
    {
        static ns3::TypeId tid =
            ns3::TypeId("ns3c::Scheduler").SetParent<ns3::Scheduler>().AddConstructor<Scheduler>();

        return tid;
    }

    void
    Insert(const ns3::Scheduler::Event &ev) override
    {
        if (s_choose) {
            s_choose = false;
            s_first = ev.impl;
        }
        m_heap.push_back(ev);
        SiftUp(m_heap.size() - 1, Keyed(ev));
    }

    bool
    IsEmpty() const override
    {
        return m_heap.empty();
    }

    ns3::Scheduler::Event
    PeekNext() const override
    {
        return m_heap.front();
    }

    ns3::Scheduler::Event
    RemoveNext() override
    {
        const ns3::Scheduler::Event next = m_heap.front();

        Pop();
        Clean();
        return next;
    }

    void
    Remove(const ns3::Scheduler::Event &ev) override
    {
        const uint32_t uid = Keyed(ev).key.m_uid;

        if (m_heap.front().key.m_uid == uid) {
            Pop();
            Clean();
            return;
        }
        m_removed.Insert(uid);
        if (2 * m_removed.Size() > m_heap.size() && m_heap.size() > 256)
            Compact();
    }

    static bool s_choose;                   /* the next event inserted is the one */
    static const ns3::EventImpl *s_first;

  private:
    static constexpr size_t CHILDREN = 4;

    static ns3::Scheduler::Event
    Keyed(const ns3::Scheduler::Event &ev)
    {
        ns3::Scheduler::Event keyed = ev;

        if (ev.impl == s_first)
            keyed.key.m_uid = 0;            /* below every number that ns-3 gives to an event */
        return keyed;
    }

    static bool
    IsBefore(const ns3::Scheduler::Event &a, const ns3::Scheduler::Event &b)
    {
        return a.key.m_ts != b.key.m_ts ? a.key.m_ts < b.key.m_ts : a.key.m_uid < b.key.m_uid;
    }

    void
    SiftUp(size_t i, const ns3::Scheduler::Event &ev)
    {
        while (i > 0 && IsBefore(ev, m_heap[(i - 1) / CHILDREN])) {
            m_heap[i] = m_heap[(i - 1) / CHILDREN];
            i = (i - 1) / CHILDREN;
        }
        m_heap[i] = ev;
    }

    void
    SiftDown(size_t i, const ns3::Scheduler::Event &ev)
    {
        for (;;) {
            const size_t first = CHILDREN * i + 1, end = std::min(first + CHILDREN, m_heap.size());
            size_t least = first;

            for (size_t child = first + 1; child < end; child++) {
                if (IsBefore(m_heap[child], m_heap[least]))
                    least = child;
            }
            if (first >= end || !IsBefore(m_heap[least], ev))
                break;
            m_heap[i] = m_heap[least];
            i = least;
        }
        m_heap[i] = ev;
    }

    void
    Pop()
    {
        const ns3::Scheduler::Event last = m_heap.back();

        m_heap.pop_back();
        if (!m_heap.empty())
            SiftDown(0, last);
    }

    /* The first of the heap is never one that was removed. */
    void
    Clean()
    {
        while (!m_heap.empty() && !m_removed.IsEmpty() && m_removed.Erase(m_heap.front().key.m_uid))
            Pop();
    }

    void
    Compact()
    {
        m_heap.erase(std::remove_if(m_heap.begin(), m_heap.end(),
                                    [this](const ns3::Scheduler::Event &ev) { return m_removed.Erase(ev.key.m_uid); }),
                     m_heap.end());
        for (size_t i = m_heap.size() / CHILDREN + 1; i-- > 0;) {
            if (i < m_heap.size()) {
                const ns3::Scheduler::Event ev = m_heap[i];

                SiftDown(i, ev);
            }
        }
    }

    std::vector<ns3::Scheduler::Event> m_heap;
    UidSet m_removed;                       /* of events that are in m_heap */
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
