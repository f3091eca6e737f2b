import { describe, expect, it } from 'vitest';
import { Room } from '../../../src/call/room.ts';
import type { SeatMode } from '../../../src/core/conversation.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const words = (value: number) => new Int16Array(320).fill(value);

/** A room in which everybody's hearing is kept as the set of values that were heard. */
function roomOf() {
  const clock = new ManualClock();
  const heard = { caller: new Set<number>() } as Record<string, Set<number>>;
  const hear = (name: string) => (samples: Int16Array) => {
    for (const sample of samples) heard[name]?.add(sample);
  };
  const room = new Room({ clock, hear: hear('caller') });
  return {
    room,
    heard: (name: string) => [...(heard[name] ?? [])],
    /** Time in which everybody else has gone silent, so that each is heard alone. */
    pause: () => {
      clock.advance(200);
    },
    sit: (name: string, mode: SeatMode) => {
      heard[name] = new Set();
      return room.sit(mode, hear(name));
    },
  };
}

describe('a room', () => {
  it('joins caller and agent both ways', () => {
    const { room, heard, sit } = roomOf();
    const agent = sit('agent', 'talk');
    room.fromCaller(words(1));
    agent.speak(words(2));
    expect(heard('agent')).toEqual([1]);
    expect(heard('caller')).toEqual([2]);
  });

  it('lets nobody hear a supervisor who listens, and the caller nothing of one who whispers', () => {
    const { room, heard, sit, pause } = roomOf();
    sit('agent', 'talk');
    const supervisor = sit('supervisor', 'listen');
    room.fromCaller(words(1));
    pause();
    room.fromKefu(words(3));
    pause();
    supervisor.speak(words(4));
    expect(heard('agent')).not.toContain(4);
    supervisor.mode = 'whisper';
    pause();
    supervisor.speak(words(5));
    expect(heard('agent')).toContain(5);
    expect(heard('caller')).toEqual([]);
    expect(heard('supervisor')).toEqual(expect.arrayContaining([1, 3]));
    supervisor.mode = 'talk';
    pause();
    supervisor.speak(words(6));
    expect(heard('caller')).toEqual([6]);
  });

  it('keeps a consultation from the caller, and the caller from it', () => {
    const { room, heard, sit, pause } = roomOf();
    const first = sit('first', 'aside');
    sit('second', 'aside');
    room.onHold = true;
    first.speak(words(2));
    pause();
    room.fromCaller(words(1));
    expect(heard('second')).toEqual([2]);
    expect(heard('first')).toEqual([]);
    expect(heard('caller')).toEqual([]);
  });

  it('is silent both ways on hold', () => {
    const { room, heard, sit } = roomOf();
    const agent = sit('agent', 'talk');
    room.onHold = true;
    agent.speak(words(2));
    room.fromCaller(words(1));
    expect([heard('caller'), heard('agent')]).toEqual([[], []]);
  });

  it('forgets who has left', () => {
    const { room, heard, sit } = roomOf();
    const agent = sit('agent', 'talk');
    agent.leave();
    agent.speak(words(2));
    room.fromCaller(words(1));
    expect(room.isEmpty).toBe(true);
    expect([heard('caller'), heard('agent')]).toEqual([[], []]);
  });

  it('lets three hear each other in a conference', () => {
    const { heard, sit, pause } = roomOf();
    const first = sit('first', 'talk');
    const second = sit('second', 'talk');
    first.speak(words(2));
    pause();
    second.speak(words(3));
    expect(heard('caller')).toEqual([2, 3]);
    expect([heard('first'), heard('second')]).toEqual([[3], [2]]);
  });
});
