# SPDX-License-Identifier: GPL-2.0-only
"""What mathematics says, worked out without any code of the simulator.

N UEs are in range of each other; a pool has nt subframes with nf resources each, nr = nt nf in all; each period every UE uses, with
probability t, one resource drawn uniformly. Two in one resource are lost; who sends in a subframe hears nobody there.
"""
from fractions import Fraction
from math import atan, comb, erfc, log10, pi, sqrt

C = 299792458.0     # m/s
C_38901 = 3e8       # as TR 38.901 has it


def hit(n, nt, nf, t):
    """Probability that a given UE hears a given other in a period."""
    return t * (1 - t / nt) * (1 - t / (nt * nf)) ** (n - 2)


def best_t(n, nt, nf):
    """The t at which hit() is largest: the root of its derivative below 1."""
    nr = nt * nf
    b = 2 * nr + (n - 1) * nt
    return min(1.0, (b - sqrt(b * b - 4 * n * nr * nt)) / (2 * n))


def falling(x, m):
    product = 1
    for i in range(m):
        product *= x - i
    return product


def all_heard_of(m, senders, nt, nf, t, sends):
    """Probability that m given ones out of `senders` others are all heard in one period. `sends`: the listener sends too."""
    nr, t = nt * nf, Fraction(t).limit_denominator(10 ** 6)
    places = (1 - t) * falling(nr, m) + t * falling(nr - nf, m) if sends else Fraction(falling(nr, m))
    return t ** m * (1 - m * t / nr) ** (senders - m) * places / nr ** m


def mean_periods_to_all(senders, nt, nf, t, sends):
    """Mean number of periods until all `senders` others have been heard: their maximum by inclusion and exclusion. Exact fractions,
    since the terms are huge and nearly cancel."""
    total = Fraction(0)
    for m in range(1, senders + 1):
        none_of = sum((-1) ** i * comb(m, i) * all_heard_of(i, senders, nt, nf, t, sends) for i in range(m + 1))
        total += (-1) ** (m + 1) * comb(senders, m) / (1 - none_of)
    return float(total)


def relay_announced(relays, nt, nf, t):
    """Model A: mean periods until a UE that only listens has heard one given relay."""
    return 1 / (t * (1 - t / (nt * nf)) ** (relays - 1))


def relay_solicited(relays, nt, nf):
    """Model B, t = 1: mean periods until a UE that solicits every second period, alone, has had the answer of one given relay.

    A relay answers in its next slot. If its subframe comes after that of the solicitation (in s of nt: nt - s of them) that is in the same
    period, and competes with all others there, since one in the same resource is as late. Otherwise it is in the period that
    follows, and competes with those relays only that are late too. Two periods make a round, and rounds are alike.
    """
    nr = nt * nf
    same = sum((nt - s) / nt * (1 - 1 / nr) ** (relays - 1) for s in range(1, nt + 1)) / nt
    later = sum(s / nt * (1 - s / (nt * nr)) ** (relays - 1) for s in range(1, nt + 1)) / nt
    found = same + later
    return 2 * (1 - found) / found + (same + 2 * later) / found


def bler(sinr_db):
    """Share of discovery messages lost: normal in dB, fitted to the points of NISTIR 8157."""
    return 0.5 * erfc((sinr_db - 1.063) / 0.494 / sqrt(2))


# ---- path loss, dB, at f Hz over d metres between two antennas h metres high ----

def friis(d, f, h):
    return 20 * log10(4 * pi * d * f / C)


def log_distance(d, f, h):
    return 46.6777 + 30 * log10(d)


def two_ray_ground(d, f, h):
    crossover = 4 * pi * h * h * f / C
    return friis(d, f, h) if d <= crossover else 40 * log10(d) - 20 * log10(h * h)


def itu_1411_los(d, f, h):
    """ITU-R P.1411, line of sight in a street: middle between lower and upper bound."""
    wave = C / f
    corner = 4 * h * h / wave
    at_corner = abs(20 * log10(wave ** 2 / (8 * pi * h * h)))
    if d <= corner:
        return at_corner + (20 * log10(d / corner) + 20 + 25 * log10(d / corner)) / 2
    return at_corner + (40 * log10(d / corner) + 20 + 40 * log10(d / corner)) / 2


def itu_1411_nlos(d, f, h, roof=20.0, street=20.0, buildings=80.0, separation=50.0, angle=45.0):
    """ITU-R P.1411, over rooftops, both antennas below them, large city; ns-3's streets and houses."""
    wave, mhz, below = C / f, f / 1e6, roof - h
    orientation = (-10 + 0.354 * angle if angle < 35 else 2.5 + 0.075 * (angle - 35) if angle < 55 else 4 - 0.114 * (angle - 55))
    to_street = -8.2 - 10 * log10(street) + 10 * log10(mhz) + 20 * log10(below) + orientation
    if wave * d * d / below ** 2 < buildings:
        over = (18 + 15 * below / roof) * log10(d / 1000) + (54 + (0.8 if d >= 500 else 1.6 * d / 1000) * below) - 9 * log10(separation)
        over += (-8 if mhz > 2000 else -4 + 0.7 * (mhz / 925 - 1)) * log10(mhz)
    else:
        theta, slant = atan(-below / separation), sqrt(below ** 2 + separation ** 2)
        over = -20 * log10(abs(separation / (2 * pi * d) * sqrt(wave / slant) * (1 / theta - 1 / (2 * pi + theta))))
    free = 32.4 + 20 * log10(d / 1000) + 20 * log10(mhz)
    return free + to_street + over if to_street + over > 0 else free


def okumura_hata(d, f, h):
    mhz = f / 1e6
    mobile = 3.2 * log10(11.75 * h) ** 2 - 4.97
    return 69.55 + 26.16 * log10(mhz) - 13.82 * log10(h) - mobile + (44.9 - 6.55 * log10(h)) * log10(d / 1000)


def cost231(d, f, h, base=50.0, mobile=3.0, shadowing=10.0):
    """COST 231 Hata, suburban; ns-3's antennas and its constant 10 dB of shadowing."""
    mhz = f / 1e6
    correction = 0.8 + (1.11 * log10(mhz) - 0.7) * mobile - 1.56 * log10(mhz)
    return 46.3 + 33.9 * log10(mhz) - 13.82 * log10(base) + (44.9 - 6.55 * log10(base)) * log10(d / 1000) - correction + shadowing


def umi_los(d, f, h):
    """TR 38.901 table 7.4.1-1, UMi street canyon, line of sight; both ends h high, the environment 1 m."""
    ghz = f / 1e9
    corner = 4 * (h - 1) * (h - 1) * f / C_38901
    if d <= corner:
        return 32.4 + 21 * log10(d) + 20 * log10(ghz)
    return 32.4 + 40 * log10(d) + 20 * log10(ghz) - 9.5 * log10(corner ** 2)


def uma_los(d, f, h):
    ghz = f / 1e9
    corner = 4 * (h - 1) * (h - 1) * f / C_38901
    if d <= corner:
        return 28 + 22 * log10(d) + 20 * log10(ghz)
    return 28 + 40 * log10(d) + 20 * log10(ghz) - 9 * log10(corner ** 2)


def rma_los(d, f, h, house=5.0):
    ghz = f / 1e9
    corner = 2 * pi * h * h * f / C_38901

    def near(x):
        return (20 * log10(40 * pi * x * ghz / 3) + min(0.03 * house ** 1.72, 10) * log10(x) - min(0.044 * house ** 1.72, 14.77)
                + 0.002 * log10(house) * x)

    return near(d) if d <= corner else near(corner) + 40 * log10(d / corner)


LOS = "[ShadowingEnabled=false|ChannelConditionModel=ns3::AlwaysLosChannelConditionModel]"

# Short name, what is said beside it, the loss, and the distance from which on ns-3 follows the formula.
LOSSES = [
    ("log-distance", "", log_distance, 0),
    ("friis", "", friis, 0),
    ("two-ray-ground", "", two_ray_ground, 0),
    ("itu-r-1411-los", "", itu_1411_los, 0),
    ("itu-r-1411-nlos", "", itu_1411_nlos, 272),
    ("okumura-hata", "", okumura_hata, 0),
    ("cost231", "", cost231, 0),
    ("3gpp-umi", LOS, umi_los, 0),
    ("3gpp-uma", LOS, uma_los, 0),
    ("3gpp-rma", LOS, rma_los, 0),
    ("random", "", lambda d, f, h: 1.0, 0),
    ("fixed", "[Rss=-100]", lambda d, f, h: 123.0, 0),
    ("range", "[MaxRange=500]", lambda d, f, h: 0.0 if d <= 500 else 1023.0, 0),
]

NOISE_DBM = -174 + 10 * log10(360e3) + 9
THRESHOLD_DB = 1.7
