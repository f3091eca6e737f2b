import { Alert, Button, Flex, Form, Modal, Select, Space, Typography } from 'antd';
import { useEffect, useRef, useState } from 'react';
import {
  chooseDevices,
  chosenDevices,
  listDevices,
  peakOf,
  routeTo,
  type DeviceChoice,
} from '../audio/devices.ts';
import { ring } from '../audio/ring.ts';
import { MicrophoneTest, playBack } from '../audio/sound-test.ts';
import type { DeskClient } from './client.ts';
import { useDeskCodes } from './code-names.ts';
import { Meter } from './meter.tsx';
import { useDeskTexts } from './texts.ts';

type Trial = 'idle' | 'recording' | 'playing' | 'heard' | 'silent';
const recordMs = 2000;
/** Below this peak a microphone has heard nothing: 0.3 % of full scale. */
const silence = 0.003;

/** Chooses microphone and loudspeaker, and tries them out. */
export function SoundDialog({ desk, close }: { readonly desk: DeskClient; readonly close: () => void }) {
  const t = useDeskTexts();
  const nameOf = useDeskCodes();
  const [choice, setChoice] = useState(chosenDevices);
  const [devices, setDevices] = useState<readonly MediaDeviceInfo[]>([]);
  const [trial, setTrial] = useState<Trial>('idle');
  const [problem, setProblem] = useState<'no-microphone' | 'no-loudspeaker'>();
  const microphone = useRef<MicrophoneTest | null>(null);
  const [levels, setLevels] = useState({ microphone: 0, speaker: 0 });

  useEffect(() => {
    const test = new MicrophoneTest();
    microphone.current = test;
    test
      .open(choice.microphoneId)
      .then(async () => {
        // Names of devices are told only after the microphone was allowed.
        setDevices(await listDevices());
        setLevels(test.levels);
        setProblem(undefined);
      })
      .catch((error: unknown) => {
        console.error('The microphone could not be opened', error);
        setProblem('no-microphone');
      });
    return () => test.close();
  }, [choice.microphoneId]);

  function choose(next: DeviceChoice): void {
    setChoice(next);
    chooseDevices(next);
    setTrial('idle');
    desk.audio.devicesChanged().catch((error: unknown) => {
      console.error('The chosen devices could not be opened', error);
      setProblem('no-microphone');
    });
  }

  async function loudspeaker(): Promise<AudioContext> {
    const context = await desk.audio.prepare();
    await routeTo(context, choice.speakerId);
    return context;
  }

  async function tryOut(): Promise<void> {
    setTrial('recording');
    const samples = (await microphone.current?.record(recordMs)) ?? new Int16Array(0);
    if (peakOf(samples) < silence) {
      setTrial('silent');
      return;
    }
    setTrial('playing');
    await playBack(await loudspeaker(), samples);
    setTrial('heard');
  }

  function failed(error: unknown): void {
    console.error('The loudspeaker could not be used', error);
    setTrial('idle');
    setProblem('no-loudspeaker');
  }

  const optionsOf = (kind: MediaDeviceKind) => [
    { value: '', label: t('systemDefault') },
    ...devices
      .filter((device) => device.kind === kind && device.deviceId !== '' && device.deviceId !== 'default')
      .map(({ deviceId, label }, index) => ({
        value: deviceId,
        label: label === '' ? `${t('unnamedDevice')} ${index + 1}` : label,
      })),
  ];
  const { jitter } = desk;
  return (
    <Modal title={t('testSound')} open footer={null} onCancel={close}>
      <Form layout="vertical">
        {problem && <Alert type="error" showIcon title={nameOf('problem', problem)} />}
        <Form.Item label={t('chooseMicrophone')} htmlFor="sound-microphone">
          <Select
            id="sound-microphone"
            value={choice.microphoneId}
            options={optionsOf('audioinput')}
            onChange={(microphoneId: string) => choose({ ...choice, microphoneId })}
          />
        </Form.Item>
        <Meter label={t('microphone')} levels={levels} side="microphone" />
        <Form.Item label={t('chooseSpeaker')} htmlFor="sound-speaker" style={{ marginTop: 16 }}>
          <Select
            id="sound-speaker"
            value={choice.speakerId}
            options={optionsOf('audiooutput')}
            onChange={(speakerId: string) => choose({ ...choice, speakerId })}
          />
        </Form.Item>
        <Flex vertical gap="small">
          <Space wrap>
            <Button
              type="primary"
              loading={trial === 'recording' || trial === 'playing'}
              disabled={problem === 'no-microphone'}
              onClick={() => void tryOut().catch(failed)}
            >
              {t('recordTest')}
            </Button>
            <Button onClick={() => void loudspeaker().then((context) => ring(context, 1), failed)}>
              {t('testRing')}
            </Button>
          </Space>
          <div role="status">
            {trial === 'recording' && t('recording')}
            {trial === 'playing' && t('playingBack')}
            {trial === 'heard' && <Alert type="success" title={t('testHeard')} />}
            {trial === 'silent' && <Alert type="warning" title={t('testSilent')} />}
          </div>
          {jitter && (
            <Typography.Text type="secondary">
              {t('delayAdded')}: {Math.round(jitter.levelMs)} ms
            </Typography.Text>
          )}
        </Flex>
      </Form>
    </Modal>
  );
}
