/** What the sequencer has counted since it was made. */
export interface SequencerStats {
  /** Packets that were put back in order. */
  reordered: number;
  duplicates: number;
  /** Packets that never came, or came after their place was given up. */
  lost: number;
  /** Of the lost ones, those that still came, too late. */
  tooLate: number;
  /** Jumps of the numbering that were taken as a new beginning. */
  restarts: number;
}

/** Puts numbered packets in order. A packet that comes in order passes at once. */
export interface Sequencer<Packet> {
  readonly stats: Readonly<SequencerStats>;
  /** While packets wait for one that is missing: when the first of them came. */
  readonly heldSinceMs: number | undefined;
  /**
   * @param atMs - When the packet came.
   * @param follows - True when the packet's own time stamp says that nothing is missing before it: then a skipped number
   * was no audio (some gateways number all their messages), and nothing is waited for.
   */
  push(sequence: number, packet: Packet, atMs: number, follows: boolean): void;
  /** Stops waiting for what is missing before the lowest held packet, and lets that and what follows it pass. */
  giveUp(): void;
}

/** A jump by more packets than this, forward or back, is a new numbering (or one that wrapped around). */
const restartAfter = 100;

/**
 * @param window - How many packets may wait for a missing one; one more, and it counts as lost.
 * @param deliver - Gets the packets in order, and how many are missing right before each.
 */
export function createSequencer<Packet>(
  window: number,
  deliver: (packet: Packet, missing: number) => void,
): Sequencer<Packet> {
  const stats: SequencerStats = { reordered: 0, duplicates: 0, lost: 0, tooLate: 0, restarts: 0 };
  const held = new Map<number, { readonly packet: Packet; readonly atMs: number }>();
  const missed = new Set<number>();
  let expected: number | undefined;

  const deliverHeld = (): void => {
    for (;;) {
      const next = expected === undefined ? undefined : held.get(expected);
      if (expected === undefined || !next) return;
      held.delete(expected);
      expected += 1;
      deliver(next.packet, 0);
    }
  };

  const giveUp = (): void => {
    if (held.size === 0) return;
    const lowest = Math.min(...held.keys());
    const first = held.get(lowest);
    if (!first) return;
    const missing = lowest - (expected ?? lowest);
    for (let sequence = lowest - missing; sequence < lowest; sequence += 1) missed.add(sequence);
    for (const sequence of missed) if (sequence < lowest - restartAfter) missed.delete(sequence);
    stats.lost += missing;
    held.delete(lowest);
    expected = lowest + 1;
    deliver(first.packet, missing);
    deliverHeld();
  };

  const restart = (sequence: number): void => {
    while (held.size > 0) giveUp();
    missed.clear();
    expected = sequence;
    stats.restarts += 1;
  };

  return {
    stats,
    get heldSinceMs() {
      return held.size > 0 ? Math.min(...[...held.values()].map(({ atMs }) => atMs)) : undefined;
    },
    push(sequence, packet, atMs, follows) {
      expected ??= sequence;
      if (Math.abs(sequence - expected) > restartAfter) restart(sequence);
      const ahead = sequence - expected;
      if (ahead < 0) {
        if (missed.delete(sequence)) stats.tooLate += 1;
        else stats.duplicates += 1;
      } else if (ahead === 0 || (follows && held.size === 0)) {
        if (held.size > 0) stats.reordered += 1;
        expected = sequence + 1;
        deliver(packet, 0);
        deliverHeld();
      } else if (held.has(sequence)) {
        stats.duplicates += 1;
      } else {
        held.set(sequence, { packet, atMs });
        if (held.size > window) giveUp();
      }
    },
    giveUp,
  };
}
