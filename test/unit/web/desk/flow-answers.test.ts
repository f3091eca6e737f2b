import type { DeskConversation } from '../../../../src/core/desk.ts';
import { describe, expect, it } from 'vitest';
import {
  confirmTexts,
  endingOf,
  isTalking,
  latestLine,
  typedAnswer,
  withPressed,
  withSuggestion,
} from '../../../../src/web/desk/flow-answers.ts';
import { transcriptLine } from '../../../support/desk-cards.ts';

const question = { choices: ['a', 'b', 'c'].map((id) => ({ id, label: id })) };
const conversation: DeskConversation = {
  entryId: 'c1',
  state: 'talking',
  mode: null,
  sinceEpochMs: 0,
  people: [],
};

describe('the panel of a flow', () => {
  it('calls the yes to a change by its name', () => {
    expect(confirmTexts({ changes: true })).toEqual({ yes: 'flowConfirm', no: 'flowCancel' });
    expect(confirmTexts({ changes: false })).toEqual({ yes: 'yes', no: 'no' });
  });

  it('takes several choices, and takes them back', () => {
    expect(withPressed(question, [], 'b')).toEqual(['b']);
    expect(withPressed(question, ['b'], 'a')).toEqual(['a', 'b']);
    expect(withPressed(question, ['a', 'b'], 'b')).toEqual(['a']);
  });

  it('lets nobody type a yes', () => {
    expect(typedAnswer({ kind: 'confirm' }, 'yes')).toBeUndefined();
    expect(typedAnswer({ kind: 'text' }, ' two ')).toEqual({ kind: 'text', text: 'two' });
    expect(typedAnswer({ kind: 'choose' }, 'the lamp')).toEqual({ kind: 'text', text: 'the lamp' });
    expect(typedAnswer({ kind: 'text' }, '  ')).toBeUndefined();
  });

  it('says done only of what the shop has done', () => {
    const made = { operation: 'cancelOrder', ok: true, code: null };
    expect(endingOf({ outcome: null, changes: [] })).toBeNull();
    expect(endingOf({ outcome: 'done', changes: [made] })?.text).toBe('flowDone');
    expect(endingOf({ outcome: 'done', changes: [{ ...made, ok: false }] })?.text).toBe('flowUnchanged');
    expect(endingOf({ outcome: 'cancelled', changes: [] })?.text).toBe('flowUnchanged');
    expect(endingOf({ outcome: 'needs-person', changes: [made] })?.text).toBe('flowNeedsPerson');
    expect(endingOf({ outcome: 'failed', changes: [] })?.text).toBe('flowFailed');
  });

  it('puts a suggestion behind what is written', () => {
    expect(withSuggestion('', 'We are open.')).toBe('We are open.');
    expect(withSuggestion('Hello, ', 'We are open.')).toBe('Hello, We are open.');
  });

  it('is there for whoever has the caller', () => {
    expect(isTalking({ ended: null, conversation })).toBe(true);
    expect(isTalking({ ended: null, conversation: { ...conversation, state: 'consulted' } })).toBe(false);
    expect(isTalking({ ended: null, conversation: { ...conversation, mode: 'join' } })).toBe(false);
    expect(isTalking({ ended: { because: 'finished', atEpochMs: 1 }, conversation })).toBe(false);
  });

  it('asks for other suggestions after each line of the caller', () => {
    const lines = [transcriptLine(1, 'caller', 'Hello'), transcriptLine(2, 'agent', 'Hi')];
    expect(latestLine(lines)).toBe(1);
    expect(latestLine([...lines, { ...transcriptLine(3, 'caller', 'Whe'), final: false }])).toBe(1);
    expect(latestLine([])).toBeUndefined();
  });
});
