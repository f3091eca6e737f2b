import { describe, expect, it } from 'vitest';
import type { AgentProfile } from '../../../../src/core/handoff.ts';
import { openingHoursSchema } from '../../../../src/core/hours-schema.ts';
import type { Person } from '../../../../src/core/people.ts';
import { startStaff } from '../../../../src/app/desk/staff.ts';
import { newProfile } from '../../../../src/people/profile.ts';
import { createCapturedLog } from '../../../support/captured-log.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const anna: Person = {
  ...{ id: 'anna', login: 'anna', name: 'Anna', role: 'agent', profile: newProfile, disabled: false },
  ...{ codeRequired: false, hasCode: false, mustChangePassword: false, createdAtEpochMs: 0 },
};

describe('the people of the desks', () => {
  async function started() {
    const clock = new ManualClock();
    let all: readonly Person[] = [anna, { ...anna, id: 'ben', login: 'ben', name: 'Ben' }];
    let endSession: (id: string) => void = () => undefined;
    const staff = await startStaff({
      people: { list: () => Promise.resolve([...all]) },
      access: { authenticate: () => Promise.resolve(undefined) },
      sessions: {
        onEnded(listener) {
          endSession = listener;
          return () => undefined;
        },
      },
      clock,
      log: createCapturedLog(),
    });
    const dismissed: string[] = [];
    staff.onDismissed((id) => dismissed.push(id));
    return {
      clock,
      staff,
      dismissed,
      change: (change: Partial<Person>) => {
        all = all.map((person) => (person.id === 'anna' ? { ...person, ...change } : person));
      },
      sessionEnds: async () => {
        endSession('session_1');
        await clock.advanceAsync(0, 1);
      },
    };
  }

  it('are dismissed with the end of their session, when they were disabled', async () => {
    const { change, sessionEnds, dismissed, staff } = await started();
    change({ disabled: true });
    await sessionEnds();
    expect(dismissed).toEqual(['anna']);
    // Being let in again is no reason to be sent away once more.
    change({ disabled: false });
    await sessionEnds();
    expect(dismissed).toEqual(['anna']);
    staff.close();
  });

  it('are dismissed when they have another role, and stay when they only log out or change their name', async () => {
    const { change, sessionEnds, dismissed, staff } = await started();
    await sessionEnds();
    change({ name: 'Anna B.' });
    await sessionEnds();
    expect([dismissed, staff.nameOf('anna')]).toEqual([[], 'Anna B.']);
    change({ role: 'supervisor' });
    await sessionEnds();
    expect(dismissed).toEqual(['anna']);
    staff.close();
  });

  it('are known to the queue with their hours, and anew when those change', async () => {
    const { change, clock, staff } = await started();
    const changed: AgentProfile[] = [];
    staff.onProfileChanged((profile) => changed.push(profile));
    const hours = openingHoursSchema.parse({ timeZone: 'UTC', mon: ['09:00-17:00'] });
    change({ profile: { ...newProfile, hours }, name: 'Anna B.' });
    await clock.advanceAsync(15_000, 1_000);
    expect(changed).toEqual([{ id: 'anna', ...newProfile, hours }]);
    expect(staff.serving.map(({ id, hours: known }) => [id, known])).toEqual([
      ['anna', hours],
      ['ben', undefined],
    ]);
    change({ disabled: true });
    await clock.advanceAsync(15_000, 1_000);
    expect(staff.serving.map(({ id }) => id)).toEqual(['ben']);
    staff.close();
  });

  it('are dismissed a little later when another node has disabled them', async () => {
    const { change, clock, dismissed, staff } = await started();
    change({ disabled: true });
    await clock.advanceAsync(15_000, 1_000);
    expect(dismissed).toEqual(['anna']);
    staff.close();
  });
});
