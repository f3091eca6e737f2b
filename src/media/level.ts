/** What digital silence counts as, so that levels stay finite. */
export const silenceDbfs = -100;
/** Above this a packet is counted as audible on a telephone: quieter is line noise. */
export const audibleDbfs = -50;

/**
 * Root mean square level in dB relative to full scale (32,768): a full-scale square wave is 0, a full-scale sine -3,
 * no samples or digital silence -100.
 */
export function rmsDbfs(samples: Int16Array): number {
  if (samples.length === 0) return silenceDbfs;
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  if (sum === 0) return silenceDbfs;
  return Math.max(silenceDbfs, 10 * Math.log10(sum / samples.length / (32768 * 32768)));
}

/** Whether somebody with a telephone at the ear would hear it. */
export function isAudible(samples: Int16Array, thresholdDbfs: number = audibleDbfs): boolean {
  return rmsDbfs(samples) > thresholdDbfs;
}
