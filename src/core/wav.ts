/** Length of the header of a 16-bit PCM WAV file, in bytes. */
export const wavHeaderBytes = 44;
/** Stands in both size fields while the length is unknown: readers then take everything to the end of the file. */
export const unknownWavSize = 0xffffffff;

/** What the header of a 16-bit PCM WAV file says. */
export interface WavHeader {
  readonly sampleRateHz: number;
  readonly channels: number;
  /** Bytes of sound that follow the header; leave it out while it is unknown. */
  readonly dataBytes?: number;
}

/**
 * The 44 bytes before the samples of a 16-bit PCM WAV file (RIFF; Microsoft and IBM, Multimedia Programming Interface
 * 1.0, 1991). Sound of 4 GiB or more counts as of unknown length.
 */
export function wavHeader({ sampleRateHz, channels, dataBytes = unknownWavSize }: WavHeader): Uint8Array {
  const header = new Uint8Array(wavHeaderBytes);
  const view = new DataView(header.buffer);
  const tag = (offset: number, text: string): void => {
    for (let index = 0; index < text.length; index += 1) header[offset + index] = text.charCodeAt(index);
  };
  const bytesPerSample = 2;
  const known = dataBytes + wavHeaderBytes < unknownWavSize;
  tag(0, 'RIFF');
  view.setUint32(4, known ? dataBytes + wavHeaderBytes - 8 : unknownWavSize, true);
  tag(8, 'WAVE');
  tag(12, 'fmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, sampleRateHz, true);
  view.setUint32(28, sampleRateHz * channels * bytesPerSample, true);
  view.setUint16(32, channels * bytesPerSample, true);
  view.setUint16(34, bytesPerSample * 8, true);
  tag(36, 'data');
  view.setUint32(40, known ? dataBytes : unknownWavSize, true);
  return header;
}
