import { z } from 'zod';

/** Null where nothing has been measured yet. */
const measured = z.number().nullable();
/** What the server answers at `/api/figures`. */
export const figuresSchema = z.object({
  sinceEpochMs: z.number(),
  queues: z.array(
    z.object({
      queue: z.string(),
      offered: z.number(),
      answered: z.number(),
      abandoned: z.number(),
      /** Share of the answered that were answered in time, 0 to 1. */
      serviceLevel: measured,
      averageAnswerMs: measured,
      averageHandleMs: measured,
      callbacksPromised: z.number(),
      callbacksKept: z.number(),
      waiting: z.number(),
      longestWaitMs: measured,
    }),
  ),
  agents: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      handled: z.number(),
      averageHandleMs: measured,
      /** Share of the time at work that was spent on contacts, 0 to 1. */
      occupancy: measured,
    }),
  ),
  transfersByReason: z.array(z.object({ reason: z.string(), count: z.number() })),
  calls: z.number(),
  /** How many of them needed no person. */
  contained: z.number(),
});
export type Figures = z.infer<typeof figuresSchema>;

/** The service level over all queues, each weighing as much as was answered in it; null while nothing was. */
export function overallServiceLevel(queues: Figures['queues']): number | null {
  const known = queues.filter(({ serviceLevel, answered }) => serviceLevel !== null && answered > 0);
  const answered = known.reduce((sum, queue) => sum + queue.answered, 0);
  if (answered === 0) return null;
  return known.reduce((sum, queue) => sum + (queue.serviceLevel ?? 0) * queue.answered, 0) / answered;
}
