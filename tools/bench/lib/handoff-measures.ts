import type { SimulatedCall, SimulationResult } from '../../../test/support/handoff-simulation.ts';
import { quantile } from './statistics.ts';

/** What a simulated day comes to. */
export interface DayOutcome {
  readonly calls: number;
  readonly served: number;
  readonly calledBack: number;
  readonly abandoned: number;
  /** Calls with no end or with several, and everything that must never happen. */
  readonly violations: readonly string[];
  /** Of callers who are alike in everything but when they came: pairs of neighbours, and those who were offered the wrong way round. */
  readonly alikePairs: number;
  readonly alikeSwapped: number;
  /** Error of the estimate told at the beginning, relative to the real wait, at the median. */
  readonly estimateError: number | undefined;
  readonly angriest: Waits;
  readonly calm: Waits;
  readonly all: Waits;
  readonly counts: SimulationResult['counts'];
  readonly simulatedHours: number;
}

/** How long callers waited until somebody answered, in seconds, and which share gave up. */
export interface Waits {
  readonly callers: number;
  readonly medianS: number | undefined;
  readonly p95S: number | undefined;
  readonly longestS: number | undefined;
  readonly gaveUp: number | undefined;
}

export function outcomeOf(result: SimulationResult): DayOutcome {
  const calls = [...result.calls.values()];
  const ended = (outcome: string): number => calls.filter(({ outcomes }) => outcomes[0] === outcome).length;
  const odd = calls.filter(({ outcomes }) => outcomes.length !== 1);
  return {
    calls: calls.length,
    served: ended('served'),
    calledBack: ended('called-back'),
    abandoned: ended('abandoned'),
    violations: [
      ...result.violations,
      ...odd.map(({ contact, outcomes }) => `${contact.id} ended ${outcomes.length} times`),
    ],
    ...fairness(calls),
    estimateError: quantile(estimateErrors(calls), 0.5),
    angriest: waitsOf(calls.filter(({ contact }) => contact.anger >= 0.9)),
    calm: waitsOf(calls.filter(({ contact }) => contact.anger === 0 && contact.value === 0)),
    all: waitsOf(calls),
    counts: result.counts,
    simulatedHours: result.simulatedMs / 3_600_000,
  };
}

/** Who is alike must be offered in the order of arrival. */
function fairness(calls: readonly SimulatedCall[]): Pick<DayOutcome, 'alikePairs' | 'alikeSwapped'> {
  const lastOfKind = new Map<string, SimulatedCall>();
  let [alikePairs, alikeSwapped] = [0, 0];
  const offered = calls.filter(({ firstOffer }) => firstOffer !== undefined);
  for (const call of offered.toSorted((left, right) => left.enqueuedAtMs - right.enqueuedAtMs)) {
    const { language, skills, reason, anger, value } = call.contact;
    const kind = JSON.stringify([language, skills, reason === 'angry', anger, value]);
    const before = lastOfKind.get(kind);
    lastOfKind.set(kind, call);
    // Who came at the same moment may be served either way round.
    if (!before || before.enqueuedAtMs === call.enqueuedAtMs) continue;
    alikePairs += 1;
    if ((before.firstOffer ?? 0) > (call.firstOffer ?? 0)) alikeSwapped += 1;
  }
  return { alikePairs, alikeSwapped };
}

function estimateErrors(calls: readonly SimulatedCall[]): number[] {
  return calls.flatMap(({ answeredAtMs, enqueuedAtMs, estimateMs }) => {
    if (answeredAtMs === undefined || estimateMs === null || answeredAtMs <= enqueuedAtMs) return [];
    const waitedMs = answeredAtMs - enqueuedAtMs;
    return [Math.abs(estimateMs - waitedMs) / waitedMs];
  });
}

function waitsOf(calls: readonly SimulatedCall[]): Waits {
  const waitsS = calls.flatMap(({ answeredAtMs, enqueuedAtMs }) =>
    answeredAtMs === undefined ? [] : [(answeredAtMs - enqueuedAtMs) / 1000],
  );
  const gaveUp = calls.filter(({ outcomes }) => outcomes[0] === 'abandoned').length;
  return {
    callers: calls.length,
    medianS: quantile(waitsS, 0.5),
    p95S: quantile(waitsS, 0.95),
    longestS: quantile(waitsS, 1),
    gaveUp: calls.length === 0 ? undefined : gaveUp / calls.length,
  };
}
