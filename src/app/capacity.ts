/** What one second of sound costs on this machine, in seconds of one core. */
export interface UnitCosts {
  /** Reading it with the recogniser. */
  readonly recognition: number;
  /** Making it with the voice. */
  readonly speech: number;
  /** Looking for voice in it, on the main thread. */
  readonly voiceActivity: number;
}

/** What the costs may be spread over. */
export interface Machine {
  /** Cores that this process may use; a container may have a part of one. */
  readonly cores: number;
  readonly recognizerThreads: number;
  readonly voiceThreads: number;
}

/** How many calls a machine takes, and why no more. */
export interface Capacity {
  readonly calls: number;
  /** What would be too busy with one call more. */
  readonly limitedBy: 'recognizer' | 'voice' | 'main-thread' | 'cores';
  /** Processor time of one call, all threads, in seconds a minute. */
  readonly cpuSPerCallMinute: number;
}

/**
 * How much of each a minute of a call contains, in seconds of sound. From `npm run bench -- load` with 8 and with 16 calls
 * (docs/benchmarks.md, "Capacity"): processor time of each thread, divided by the unit costs measured on the same machine.
 */
const soundPerCallMinute = {
  /** What the caller says, some of it read several times for partial texts. */
  recognized: 41,
  /** Sentences that are not in the cache. */
  spoken: 7.2,
  /** The whole minute; sockets, codecs and the dialog take as much again, and a little more. */
  listenedTo: 60 * 2.1,
} as const;
/** Understanding, spelled strings, garbage collection: a share of all the rest. */
const otherShare = 0.13;
/**
 * No thread, and not all cores together, may be busier than this. Work of equal size that comes at random then waits half of its own
 * time on average (M/D/1: rho / (2 (1 - rho)) of it); from here on waiting grows faster and faster.
 */
const busyShare = 0.5;

/** What is reckoned with when nothing could be measured in time: the machine of docs/benchmarks.md. */
export const usualCosts: UnitCosts = { recognition: 0.0235, speech: 0.12, voiceActivity: 0.006 };

/** Reckons how many calls the machine takes before any part of it is too busy; at least one. */
export function reckonCapacity(costs: UnitCosts, machine: Machine): Capacity {
  const perMinute = {
    recognizer: costs.recognition * soundPerCallMinute.recognized,
    voice: costs.speech * soundPerCallMinute.spoken,
    'main-thread': costs.voiceActivity * soundPerCallMinute.listenedTo,
  };
  const sum = perMinute.recognizer + perMinute.voice + perMinute['main-thread'];
  const cpuSPerCallMinute = sum * (1 + otherShare);
  const callsOn = (threads: number, costS: number): number => (threads * busyShare * 60) / costS;
  const limits = [
    ['recognizer', callsOn(machine.recognizerThreads, perMinute.recognizer)],
    ['voice', callsOn(machine.voiceThreads, perMinute.voice)],
    ['main-thread', callsOn(1, perMinute['main-thread'])],
    ['cores', callsOn(machine.cores, cpuSPerCallMinute)],
  ] as const;
  const [limitedBy, calls] = limits.reduce((least, next) => (next[1] < least[1] ? next : least));
  return { calls: Math.max(1, Math.floor(calls)), limitedBy, cpuSPerCallMinute };
}

/**
 * Cores that a process may use of a machine with `available` cores, under the limit of its control group, if it has one.
 * @param cpuMax - content of `cpu.max` (control groups 2): microseconds in each period, such as `150000 100000`, or `max 100000`.
 */
export function coresUnder(available: number, cpuMax: string): number {
  const [quota, period] = cpuMax.trim().split(/\s+/).map(Number);
  return quota !== undefined && period !== undefined && quota > 0 && period > 0
    ? Math.min(available, quota / period)
    : available;
}
