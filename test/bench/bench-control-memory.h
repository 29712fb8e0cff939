/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The UEs and servers of a scenario joined by a queue in memory instead of by ns-3: the floor that the control plane
 * through ns-3 is measured against. Same configuration, same random octets, so the same messages octet for octet (TLS
 * ciphertext apart, which has the same lengths).
 *
 * One UE at a time, from power on until nothing of it is on its way any more; so nothing here costs more with more UEs.
 */
#ifndef BENCH_CONTROL_MEMORY_H
#define BENCH_CONTROL_MEMORY_H

#include "prose-scenario.h"

typedef struct BenchMemory BenchMemory;

/* @event: what every endpoint reports. The scenario has one PKMF, one ProSe Function and UEs that ask it. ns3c_sim_init() comes
 * first, for the keys of the draws. */
BenchMemory *bench_memory_new(const ProseScenario *scenario, void (*event)(void *user, const ProseEvent *event), void *user);
BenchMemory *bench_memory_free(BenchMemory *memory);
/* All UEs, each at its time. */
void bench_memory_run(BenchMemory *memory);
/* Octets handed over so far, without any header. */
void bench_memory_octets(const BenchMemory *memory, uint64_t *ret_tcp, uint64_t *ret_udp);

#endif
