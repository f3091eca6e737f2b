import type { CallPhase, LiveCall } from '../../core/desk.ts';

/** Which live calls a supervisor wants to see. */
export interface LiveFilter {
  readonly phase: CallPhase | 'all';
  readonly tense: boolean;
  readonly words: string;
}
export const noFilter: LiveFilter = { phase: 'all', tense: false, words: '' };

/** Whether a call is among those that a supervisor wants to see. */
export function matching(call: LiveCall, filter: LiveFilter): boolean {
  if (filter.phase !== 'all' && call.phase !== filter.phase) return false;
  if (filter.tense && call.mood !== 'angry' && call.mood !== 'upset') return false;
  const words = filter.words.trim().toLowerCase();
  const agents = call.agents.map(({ name }) => name).join(' ');
  return `${call.customerName ?? ''} ${call.from} ${call.wanted} ${agents}`.toLowerCase().includes(words);
}
