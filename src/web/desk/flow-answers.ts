import type { DeskFlow, DeskFlowAnswer, DeskFlowQuestion } from '../../core/desk-flows.ts';
import type { TranscriptLine } from '../../core/desk.ts';
import type { Contact } from './state.ts';
import type { DeskTextKey } from './texts.ts';

/** Whether the agent has the caller, and may act for them: neither after the end, nor when only asked or looking on. */
export function isTalking({ ended, conversation }: Pick<Contact, 'ended' | 'conversation'>): boolean {
  return ended === null && conversation.mode === null && conversation.state !== 'consulted';
}

/** The buttons of a question for yes or no: a change is confirmed in other words than a mere question. */
export function confirmTexts({ changes }: Pick<DeskFlowQuestion, 'changes'>): {
  readonly yes: DeskTextKey;
  readonly no: DeskTextKey;
} {
  return changes ? { yes: 'flowConfirm', no: 'flowCancel' } : { yes: 'yes', no: 'no' };
}

/** Ids of what is chosen once one more is pressed, in the order of the choices; pressing again takes it back. */
export function withPressed(
  { choices }: Pick<DeskFlowQuestion, 'choices'>,
  chosen: readonly string[],
  id: string,
): readonly string[] {
  return choices.flatMap((choice) => (chosen.includes(choice.id) !== (choice.id === id) ? [choice.id] : []));
}

/** What is typed as an answer; undefined for a question that only buttons answer, and for nothing. */
export function typedAnswer(
  question: Pick<DeskFlowQuestion, 'kind'>,
  text: string,
): DeskFlowAnswer | undefined {
  const trimmed = text.trim();
  return question.kind === 'confirm' || trimmed === '' ? undefined : { kind: 'text', text: trimmed };
}

/** How a flow that is over ended, for its agent; null while it goes on. */
export function endingOf({ outcome, changes }: Pick<DeskFlow, 'outcome' | 'changes'>): {
  readonly text: DeskTextKey;
  readonly type: 'success' | 'info' | 'warning';
} | null {
  if (outcome === null) return null;
  if (outcome === 'needs-person') return { text: 'flowNeedsPerson', type: 'warning' };
  if (outcome === 'failed') return { text: 'flowFailed', type: 'warning' };
  return changes.some(({ ok }) => ok)
    ? { text: 'flowDone', type: 'success' }
    : { text: 'flowUnchanged', type: 'info' };
}

/** The caller's newest line that is complete: when it is another one, other suggestions fit. */
export function latestLine(transcript: readonly TranscriptLine[]): number | undefined {
  return transcript.findLast(({ who, final }) => who === 'caller' && final)?.id;
}

/** A half-written message with a suggestion behind it; what the agent wrote is kept. */
export function withSuggestion(draft: string, suggestion: string): string {
  const written = draft.trimEnd();
  return written === '' ? suggestion : `${written} ${suggestion}`.slice(0, 2000);
}
