import { AudioMutedOutlined, AudioOutlined } from '@ant-design/icons';
import { Alert, Button, Card, Empty, Flex, Popconfirm, Segmented, Typography } from 'antd';
import { useState } from 'react';
import { Link } from 'react-router';
import type { LiveCall, SuperviseMode } from '../../core/desk.ts';
import { BriefingView, WhoLine } from '../desk/briefing.tsx';
import type { DeskClient } from '../desk/client.ts';
import { Meter } from '../desk/meter.tsx';
import { ownContacts, watchedContact, type DeskState } from '../desk/state.ts';
import { useDeskTexts, type DeskTextKey } from '../desk/texts.ts';
import { Transcript } from '../desk/transcript.tsx';

/** Reading along is listening with the loudspeaker off. */
type Way = 'read' | SuperviseMode;
const ways = ['read', 'listen', 'whisper', 'join'] as const;
const hints = {
  read: 'readHint',
  listen: 'listenHint',
  whisper: 'whisperHint',
  join: 'joinHint',
} as const satisfies Record<Way, DeskTextKey>;

/** The call that a supervisor has chosen: transcript, moods, and the ways to take part. */
export function WatchedCall(props: {
  readonly desk: DeskClient;
  readonly state: DeskState;
  readonly call: LiveCall | undefined;
  readonly wasChosen: boolean;
  readonly supervise: (callId: string, mode: SuperviseMode, silent: boolean) => void;
  readonly leave: () => void;
}) {
  const t = useDeskTexts();
  const { desk, state, call } = props;
  const [askedToTakeOver, setAskedToTakeOver] = useState(false);
  const watched = watchedContact(state);
  const mine = ownContacts(state).some(({ card, ended }) => !ended && card.call.callId === call?.callId);
  if (mine) {
    return (
      <Alert
        type="success"
        showIcon
        title={t('takenOver')}
        action={
          <Link to="/desk">
            <Button type="primary">{t('toDesk')}</Button>
          </Link>
        }
      />
    );
  }
  if (!call || call.phase === 'ended') {
    return (
      <Card size="small">
        <Empty description={t(props.wasChosen ? 'watchEnded' : 'chooseCall')} />
      </Card>
    );
  }
  const contact = watched?.card.call.callId === call.callId ? watched : undefined;
  const mode = contact?.conversation.mode ?? 'listen';
  const way: Way = mode === 'listen' && state.silent ? 'read' : mode;
  const isText = call.channel === 'text';
  const offline = state.link.state !== 'open';
  return (
    <Card
      size="small"
      title={call.customerName ?? call.from}
      extra={<Button onClick={props.leave}>{t('stopWatching')}</Button>}
    >
      <Flex vertical gap="middle">
        {!isText && (
          <Segmented<Way>
            block
            aria-label={t('superviseMode')}
            disabled={offline || !contact}
            value={way}
            onChange={(next) =>
              props.supervise(call.callId, next === 'read' ? 'listen' : next, next === 'read')
            }
            options={ways
              .filter((value) => call.agents.length > 0 || value !== 'whisper')
              .map((value) => ({ value, label: t(value) }))}
          />
        )}
        {!isText && (
          <Typography.Text type="secondary" role="status">
            {t(hints[way])}
          </Typography.Text>
        )}
        {!isText && way !== 'read' && (
          <Flex gap="large" wrap align="center">
            {(way === 'whisper' || way === 'join') && (
              <>
                <Button
                  icon={state.muted ? <AudioMutedOutlined /> : <AudioOutlined />}
                  danger={state.muted}
                  aria-pressed={state.muted}
                  onClick={() => desk.mute(!state.muted)}
                >
                  {t(state.muted ? 'unmute' : 'mute')}
                </Button>
                <Meter label={t('microphone')} levels={desk.levels} side="microphone" />
              </>
            )}
            <Meter label={t('caller')} levels={desk.levels} side="speaker" />
          </Flex>
        )}
        <Flex justify="end">
          <Popconfirm
            title={t('takeOver')}
            description={t('takeOverSure')}
            okText={t('takeOver')}
            cancelText={t('cancel')}
            onConfirm={() => {
              desk.audio.prepare().catch((error: unknown) => {
                console.error('The loudspeaker could not be opened', error);
                desk.dispatch({ type: 'problem', code: 'no-loudspeaker', message: '' });
              });
              setAskedToTakeOver(desk.send({ type: 'take-over', callId: call.callId }));
            }}
          >
            <Button danger disabled={offline} loading={askedToTakeOver && !state.problem}>
              {t('takeOver')}
            </Button>
          </Popconfirm>
        </Flex>
        {contact && (
          <>
            <WhoLine card={contact.card} />
            <Transcript lines={contact.card.transcript} height={320} />
            <BriefingView card={contact.card} />
          </>
        )}
      </Flex>
    </Card>
  );
}
