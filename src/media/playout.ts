import type { AudioFrame, WireFormat } from '../core/audio.ts';
import type { Clock } from '../core/clock.ts';
import { createCodec, type Codec } from './codec.ts';
import { isAudible } from './level.ts';
import type { ItemAudio } from './playout-item.ts';
import { createItemAudio } from './playout-item.ts';

/** What playing out leads to. Times ending in `Ms` of events are `Clock.nowMs` or durations, in milliseconds. */
export type PlayoutEvent =
  /** The first packet of the item that somebody can hear was sent. Does not come for an item of silence. */
  | { readonly type: 'started'; readonly id: number; readonly firstAudibleMs: number }
  /** The far side has played the item to its end. */
  | { readonly type: 'finished'; readonly id: number; readonly heardText: string; readonly complete: true }
  | CutEvent
  /** A packet went out after the time at which the far side needed it, because this process was held up. */
  | { readonly type: 'late'; readonly lateMs: number }
  /** The writer of the item was too slow: the far side heard a gap. */
  | { readonly type: 'underrun'; readonly id: number; readonly gapMs: number };

/** An item that was not played to its end, or (`complete`) had just been played when it was cut. */
export interface CutEvent {
  readonly type: 'cut';
  readonly id: number;
  /** The words that were really heard. */
  readonly heardText: string;
  readonly playedMs: number;
  readonly complete: boolean;
}

export interface PlayoutStats {
  readonly packets: number;
  readonly late: number;
  readonly maxLateMs: number;
  readonly underruns: number;
  readonly underrunMs: number;
  /** Items whose mark did not come back in time and that were taken as finished. */
  readonly marksOverdue: number;
}

export interface PlayoutOptions {
  readonly format: WireFormat;
  readonly clock: Clock;
  /** The call's codec, where other sound goes over the same wire; one of its own by default. */
  readonly codec?: Pick<Codec, 'encode'>;
  /** These three are the call's `VoiceMedia`. */
  readonly send: (payload: Uint8Array) => void;
  readonly mark: (name: string) => void;
  readonly clear: () => void;
  /** Called at once, also from within `write`, `cut` and `onMark`; it may call back into the playout. */
  readonly onEvent: (event: PlayoutEvent) => void;
  /** Gets exactly what is sent, at the wire's rate, with the clock time at which the far side is to play it. */
  readonly onAudio?: (samples: Int16Array, atMs: number) => void;
  /** How far ahead of its time a packet is sent at most, so that a held-up timer is not heard; 60 ms by default. */
  readonly leadMs?: number;
  /** Sends silence while there is nothing to play, for gateways that must not go quiet. */
  readonly comfort?: boolean;
  /** Gets what a callback throws while the timer runs; without it the error reaches the process. */
  readonly onError?: (error: unknown) => void;
}

/** One thing to play. */
export interface PlayoutItem {
  readonly id: number;
  /** Sound that was written and not yet sent. */
  readonly bufferedMs: number;
  /**
   * Adds sound at any of Kefu's rates. `text` is what a new sentence says, given with its first chunk; `endOfSentence`
   * tells that the sentence's sound is complete. Ignored after `abort` or a cut; throws `internal` after `end`.
   */
  write(frame: AudioFrame, text?: string, endOfSentence?: boolean): void;
  /** Nothing more is written. Idempotent. */
  end(): void;
  /** Drops what has not been sent; what has been is still heard, then a `cut` event tells how much. Idempotent. */
  abort(): void;
}

/** Kefu's direction of a call: frames in, paced packets out. */
export interface Playout {
  /** A new item behind those already open. They play in this order; each may be written before its turn comes. */
  open(id: number, options: { interruptible: boolean }): PlayoutItem;
  /**
   * Stops at once: drops everything open, clears the far side's buffer and sends nothing of it any more. While an item
   * that is not interruptible is being played nothing happens, unless `force` is set.
   * Returns what became of each item that was dropped, in order; the same comes as `cut` events.
   */
  cut(options?: { force?: boolean }): readonly CutEvent[];
  /** The far side's `mark` event. Marks of others and of items already cut are ignored. */
  onMark(name: string): void;
  /** The item that is being played, or undefined: nothing open, or the next one has no sound yet. */
  readonly playing: { readonly id: number; readonly interruptible: boolean } | undefined;
  /** True when every item has finished. */
  readonly idle: boolean;
  stats(): PlayoutStats;
  /** Sends nothing any more; items that were open end with a `cut` event. Idempotent. */
  close(): void;
}

/** How long after its estimated end a mark is waited for. */
const markOverdueMs = 2000;

/**
 * Turns what is to be said into packets at the pace of a telephone.
 *
 *     write(frame, text) ─▶ resample ─▶ item 1 ─┐                      ┌─ onAudio
 *                           (per item)  item 2 ─┼─▶ pace ─▶ encode ─▶ send ─▶ ... ─▶ played by the far side
 *                                       item 3 ─┘   ▲   │                              │
 *                                                   │   └─ after an item's last ─▶ mark ─▶ onMark ─▶ finished
 *                       timer: packet n at start + n * packetMs - leadMs             (or 2 s overdue)
 *                       cut(): queue dropped, clear, no packet after it ─▶ what was heard, by time
 *
 * The schedule is absolute, so that timers that fire late do not slow the speech down. The far side holds at most
 * `leadMs` and one packet. When a packet misses its time the schedule moves by as much: there is never a burst.
 * Between items nothing is sent, and an item whose writer is too slow has a gap.
 *
 * The far side is taken to play a packet at its scheduled time. On a line with a delay the words heard at a cut are
 * still right: the packets arrive later by the delay, but so does the `clear`.
 */
export function createPlayout(options: PlayoutOptions): Playout {
  const { format, clock, onEvent, onAudio } = options;
  const { packetMs, sampleRateHz } = format;
  const leadMs = options.leadMs ?? 60;
  const comfort = options.comfort ?? false;
  /** Without a lead every packet is sent at its very time, so a timer's ordinary lateness must not count. */
  const slackMs = Math.max(0, packetMs - leadMs);
  const packetSamples = Math.round((packetMs / 1000) * sampleRateHz);
  const codec: Pick<Codec, 'encode' | 'close'> = options.codec ?? createCodec(format.codec);
  const silence = new Int16Array(packetSamples);

  /** Items with sound to send or to come, in playing order; then those sent that wait for their mark. */
  const queue: Item[] = [];
  const marked = new Map<string, Item>();
  /** When the far side is to play the next packet. */
  let nextPlayMs = clock.nowMs();
  let cancelTimer: (() => void) | undefined;
  let pumping = false;
  let closed = false;
  let marksAsked = 0;
  const counts = { packets: 0, late: 0, maxLateMs: 0, underruns: 0, underrunMs: 0, marksOverdue: 0 };

  const sendable = ({ audio }: Item): boolean =>
    audio.available >= packetSamples || (audio.ended && audio.available > 0);

  /** An item that comes to the head of the queue only now is not late, however long it was ready. */
  const promoteHead = (): void => {
    const head = queue[0];
    if (head?.sentMs === 0) head.readyMs = Math.max(head.readyMs, clock.nowMs());
  };

  const sendPacket = (samples: Int16Array): void => {
    const atMs = nextPlayMs;
    nextPlayMs += packetMs;
    counts.packets += 1;
    options.send(codec.encode(samples));
    onAudio?.(samples, atMs);
  };

  /** Moves the schedule when the next packet's time has passed, and says whose fault it was. */
  const keepSchedule = (item: Item): void => {
    const nowMs = clock.nowMs();
    const begun = item.sentMs > 0;
    const starvedMs = item.comfortMs + Math.max(0, item.readyMs - nextPlayMs);
    const lateMs = nowMs - Math.max(nextPlayMs, item.readyMs);
    item.comfortMs = 0;
    if (lateMs > slackMs || item.readyMs > nextPlayMs || !begun) nextPlayMs = Math.max(nextPlayMs, nowMs);
    if (begun && starvedMs > 0) {
      counts.underruns += 1;
      counts.underrunMs += starvedMs;
      onEvent({ type: 'underrun', id: item.id, gapMs: starvedMs });
    }
    if (lateMs > slackMs) {
      counts.late += 1;
      counts.maxLateMs = Math.max(counts.maxLateMs, lateMs);
      onEvent({ type: 'late', lateMs });
    }
  };

  const sendFrom = (item: Item): void => {
    const sound = item.audio.take(packetSamples);
    let samples = sound;
    if (sound.length < packetSamples) {
      samples = new Int16Array(packetSamples);
      samples.set(sound);
    }
    const first = !item.audible && isAudible(sound);
    item.audible ||= first;
    item.sentMs += (sound.length / sampleRateHz) * 1000;
    item.endPlayMs = nextPlayMs + packetMs;
    sendPacket(samples);
    if (first) onEvent({ type: 'started', id: item.id, firstAudibleMs: clock.nowMs() });
  };

  /** Does the next thing that is due; false when there is nothing to do now. */
  const step = (): boolean => {
    const item = queue[0];
    if (item?.audio.ended && item.audio.available === 0) {
      queue.shift();
      promoteHead();
      marksAsked += 1;
      const name = `item-${item.id}-${marksAsked}`;
      item.endPlayMs = Math.max(item.endPlayMs, clock.nowMs());
      marked.set(name, item);
      options.mark(name);
      return true;
    }
    if (item && sendable(item)) {
      if (clock.nowMs() < nextPlayMs - leadMs) return false;
      keepSchedule(item);
      // A listener may have cut the item just now.
      if (queue[0] === item && sendable(item) && clock.nowMs() >= nextPlayMs - leadMs) sendFrom(item);
      return true;
    }
    if (comfort && clock.nowMs() >= nextPlayMs) {
      if (clock.nowMs() > nextPlayMs + packetMs) nextPlayMs = clock.nowMs();
      if (item && item.sentMs > 0) item.comfortMs += packetMs;
      sendPacket(silence);
      return true;
    }
    return false;
  };

  /** Does all that is due and sets the timer for what comes next. */
  const pump = (): void => {
    if (pumping) return;
    pumping = true;
    try {
      let more = true;
      while (more) more = !closed && step();
    } finally {
      pumping = false;
      setTimer();
    }
  };

  const setTimer = (): void => {
    cancelTimer?.();
    cancelTimer = undefined;
    if (closed) return;
    let dueMs = Infinity;
    const head = queue[0];
    if (head && sendable(head)) dueMs = nextPlayMs - leadMs;
    else if (comfort) dueMs = nextPlayMs;
    const [oldest] = marked.values();
    if (oldest) dueMs = Math.min(dueMs, oldest.endPlayMs + markOverdueMs);
    if (dueMs === Infinity) return;
    // Whole milliseconds upwards: the system's timers cut the fraction off and would fire too early.
    cancelTimer = clock.setTimer(onTimer, Math.max(0, Math.ceil(dueMs - clock.nowMs())));
  };

  const onTimer = (): void => {
    try {
      for (const [name, item] of marked) {
        if (item.endPlayMs + markOverdueMs > clock.nowMs()) break;
        counts.marksOverdue += 1;
        finish(name, item);
      }
      pump();
    } catch (error) {
      if (!options.onError) throw error;
      options.onError(error);
    } finally {
      setTimer();
    }
  };

  /** The far side has played all that was sent of the item. */
  const finish = (name: string, item: Item): void => {
    marked.delete(name);
    onEvent(
      item.aborted
        ? {
            type: 'cut',
            id: item.id,
            heardText: item.audio.heardText(item.sentMs),
            playedMs: item.sentMs,
            complete: false,
          }
        : { type: 'finished', id: item.id, heardText: item.audio.fullText(), complete: true },
    );
  };

  const unplayedMs = (item: Item): number =>
    Math.min(item.sentMs, Math.max(0, item.endPlayMs - clock.nowMs()));

  const cutOf = (item: Item): CutEvent => {
    const sentAll = item.audio.ended && item.audio.available === 0 && !item.aborted;
    const complete = sentAll && item.endPlayMs <= clock.nowMs() && !queue.includes(item);
    const playedMs = item.sentMs - unplayedMs(item);
    const heardText = complete ? item.audio.fullText() : item.audio.heardText(playedMs);
    return { type: 'cut', id: item.id, heardText, playedMs, complete };
  };

  /** Takes items out of the playout; they send and report nothing any more. */
  const remove = (items: readonly Item[]): CutEvent[] => {
    const cuts = items.map(cutOf);
    for (const [name, item] of marked) if (items.includes(item)) marked.delete(name);
    const kept = queue.filter((item) => !items.includes(item));
    queue.splice(0, queue.length, ...kept);
    promoteHead();
    for (const item of items) {
      item.gone = true;
      item.audio.drop();
    }
    return cuts;
  };

  /** True while something is being heard that must not be interrupted. */
  const isProtected = (): boolean => {
    // An item that its own slow writer interrupts has nothing unplayed, but is being played all the same.
    const head = queue[0];
    return [...marked.values(), ...queue].some(
      (item) => !item.interruptible && item.sentMs > 0 && (item === head || unplayedMs(item) > 0),
    );
  };

  const openItem = (id: number, interruptible: boolean): PlayoutItem => {
    const item: Item = {
      id,
      interruptible,
      audio: createItemAudio(sampleRateHz),
      sentMs: 0,
      endPlayMs: 0,
      readyMs: 0,
      comfortMs: 0,
      audible: false,
      aborted: false,
      gone: closed,
    };
    if (!closed) queue.push(item);

    /** Changes the item's sound and notes since when a packet of it could be sent. */
    const change = (act: () => void): void => {
      if (item.gone || item.aborted) return;
      const wasSendable = sendable(item);
      act();
      if (!wasSendable && sendable(item)) item.readyMs = clock.nowMs();
      pump();
    };

    return {
      id,
      get bufferedMs() {
        return (item.audio.available / sampleRateHz) * 1000;
      },
      write: (frame, text = '', endOfSentence = false) =>
        change(() => item.audio.write(frame, text, endOfSentence)),
      end: () => change(() => item.audio.end()),
      abort() {
        if (item.gone || item.aborted || !queue.includes(item)) return;
        if (item.sentMs === 0) {
          for (const cut of remove([item])) onEvent(cut);
        } else {
          item.aborted = true;
          item.audio.drop();
        }
        pump();
      },
    };
  };

  setTimer();

  return {
    open: (id, { interruptible }) => openItem(id, interruptible),
    cut({ force = false } = {}) {
      const items = [...marked.values(), ...queue];
      if (closed || items.length === 0 || (isProtected() && !force)) return [];
      const sent = items.some((item) => item.sentMs > 0);
      const cuts = remove(items);
      if (sent) {
        nextPlayMs = clock.nowMs();
        options.clear();
      }
      for (const event of cuts) onEvent(event);
      pump();
      return cuts;
    },
    onMark(name) {
      if (closed || !marked.has(name)) return;
      // Marks come back in order: when one is missing, its item has been played all the same.
      for (const [earlier, item] of marked) {
        finish(earlier, item);
        if (earlier === name) break;
      }
      setTimer();
    },
    get playing() {
      const head = queue[0];
      const begun = head && (head.sentMs > 0 || sendable(head)) ? [head] : [];
      const sent = [...marked.values(), ...begun];
      // Several may wait for their marks: what counts is the one whose sound is not over yet.
      const item = sent.find((candidate) => unplayedMs(candidate) > 0) ?? sent.at(-1);
      return item && { id: item.id, interruptible: item.interruptible };
    },
    get idle() {
      return queue.length === 0 && marked.size === 0;
    },
    stats: () => ({ ...counts }),
    close() {
      if (closed) return;
      const cuts = remove([...marked.values(), ...queue]);
      closed = true;
      setTimer();
      if (!options.codec) codec.close?.();
      for (const event of cuts) onEvent(event);
    },
  };
}

/** An item on its way. Times are `Clock.nowMs` or durations, in milliseconds. */
interface Item {
  readonly id: number;
  readonly interruptible: boolean;
  readonly audio: ItemAudio;
  /** Sound that was sent, without the silence that fills the last packet up. */
  sentMs: number;
  /** When the far side will have played all that was sent. */
  endPlayMs: number;
  /** Since when a packet of it can be sent. */
  readyMs: number;
  /** Silence that was sent because its writer was too slow. */
  comfortMs: number;
  audible: boolean;
  aborted: boolean;
  /** Cut, or the playout is closed. */
  gone: boolean;
}
