/** Which microphone and loudspeaker this browser uses; an empty id is the system's own choice. */
export interface DeviceChoice {
  readonly microphoneId: string;
  readonly speakerId: string;
}

const storageKey = 'kefu.devices';

export function chosenDevices(): DeviceChoice {
  try {
    const stored = JSON.parse(localStorage.getItem(storageKey) ?? '{}') as Partial<DeviceChoice>;
    return { microphoneId: stored.microphoneId ?? '', speakerId: stored.speakerId ?? '' };
  } catch (error) {
    console.warn('The stored choice of devices cannot be read', error);
    return { microphoneId: '', speakerId: '' };
  }
}

export function chooseDevices(choice: DeviceChoice): void {
  localStorage.setItem(storageKey, JSON.stringify(choice));
}

/** Opens the chosen microphone, or any when that one is no longer plugged in. */
export async function openMicrophone(microphoneId: string): Promise<MediaStream> {
  return navigator.mediaDevices.getUserMedia({
    audio: {
      echoCancellation: true,
      noiseSuppression: true,
      autoGainControl: true,
      channelCount: 1,
      ...(microphoneId !== '' && { deviceId: { ideal: microphoneId } }),
    },
  });
}

/** Sends a context's sound to the chosen loudspeaker, where the browser can. A loudspeaker that is gone is replaced by the system's own. */
export async function routeTo(context: AudioContext, speakerId: string): Promise<void> {
  const routable = context as AudioContext & { setSinkId?: (id: string) => Promise<void> };
  if (!routable.setSinkId) return;
  try {
    await routable.setSinkId(speakerId);
  } catch (error) {
    console.warn('The chosen loudspeaker cannot be used', error);
    await routable.setSinkId('');
  }
}

/** Microphones and loudspeakers; their names are empty until the microphone was allowed once. */
export async function listDevices(): Promise<readonly MediaDeviceInfo[]> {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter(({ kind }) => kind === 'audioinput' || kind === 'audiooutput');
}

/** Highest sample of a packet, 0 to 1. */
export function peakOf(samples: Int16Array): number {
  let peak = 0;
  for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  return peak / 32_768;
}
