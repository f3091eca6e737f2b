import type { DialogEffect, DialogEngine, Expecting } from '../../../src/core/dialog.ts';
import type { FinishedChange } from '../../../src/core/changes.ts';
import type { Language } from '../../../src/core/language.ts';
import type { CallState } from '../../../src/dialog/state.ts';
import type { ShopRequest } from './shop.ts';

export type Task = Extract<DialogEffect, { type: 'task' }>;

/** A way a call can begin. */
export interface Beginning {
  readonly about: string;
  readonly channel: 'voice' | 'text';
  readonly from: string;
  readonly language: Language;
  /** How people are reached: by a queue, by a number that calls are transferred to, or not at all. */
  readonly people: 'queue' | 'number' | 'none';
  /** What came of changes in an earlier call that its caller has not heard. */
  readonly untold?: readonly FinishedChange[];
}

/** Why a walk ended: everything tried, everything reached, nothing more found for long, or the time was over. */
export type WalkEnd = 'complete' | 'done' | 'no-more-found' | 'out-of-time';

/** Something that should not happen to a caller, with what led there. */
export interface Fault {
  readonly kind: 'defect' | 'no-outcome' | 'stuck' | 'endless' | 'change-refused';
  readonly flow: string;
  readonly step: string;
  readonly detail: string;
  readonly walk: readonly string[];
}

/** A moment of a walk. */
export interface Node {
  readonly engine: DialogEngine;
  readonly state: CallState;
  readonly expecting: Expecting | null;
  readonly tasks: readonly Task[];
  readonly writes: readonly ShopRequest[];
  readonly before: Node | undefined;
  readonly label: string;
  readonly depth: number;
}

