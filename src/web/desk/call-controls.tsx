import {
  AudioMutedOutlined,
  AudioOutlined,
  PauseOutlined,
  PhoneOutlined,
  PlayCircleOutlined,
  SwapOutlined,
  TeamOutlined,
} from '@ant-design/icons';
import { Alert, Button, Flex, Space, Tag, Typography } from 'antd';
import type { DeskRequest } from '../../core/desk.ts';
import { formatDuration } from '../format.ts';
import { Meter } from './meter.tsx';
import { shortcuts } from './shortcuts.ts';
import type { Contact, DeskState } from './state.ts';
import { useDeskTexts, type DeskTextKey } from './texts.ts';
import { useNow } from './use-desk.ts';

export type OpenPanel = 'keys' | 'transfer' | 'consult';
const keypad = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'] as const;
const stateHints: Partial<Record<Contact['conversation']['state'], DeskTextKey>> = {
  hold: 'onHold',
  consulting: 'consulting',
  consulted: 'consulted',
  conference: 'conference',
};

/** What an agent can do with the contact in hand, and how it stands. */
export function CallControls(props: {
  readonly contact: Contact;
  readonly state: DeskState;
  readonly levels: { readonly microphone: number; readonly speaker: number };
  readonly openPanel: OpenPanel | null;
  readonly toggle: (panel: OpenPanel) => void;
  readonly mute: (on: boolean) => void;
  readonly send: (request: DeskRequest) => void;
}) {
  const t = useDeskTexts();
  const now = useNow();
  const { contact, state, send } = props;
  const { entryId, conversation } = contact;
  const isText = contact.card.call.channel === 'text';
  /** By telephone, its own buttons mute. */
  const sounds = !isText && state.device === 'browser';
  const disabled = state.link.state !== 'open';
  const how = conversation.state;
  const alone = how === 'talking' || how === 'hold';
  const hint = stateHints[how];
  const keysOf = (shortcut: keyof typeof shortcuts) => ({
    'aria-keyshortcuts': `Alt+${shortcuts[shortcut].shown}`,
    title: `Alt+${shortcuts[shortcut].shown}`,
  });
  return (
    <Flex vertical gap="small">
      <Flex gap="small" wrap role="toolbar" aria-label={t('contacts')}>
        {sounds && (
          <Button
            icon={state.muted ? <AudioMutedOutlined /> : <AudioOutlined />}
            danger={state.muted}
            type={state.muted ? 'primary' : 'default'}
            aria-pressed={state.muted}
            onClick={() => props.mute(!state.muted)}
            {...keysOf('mute')}
          >
            {t(state.muted ? 'unmute' : 'mute')}
          </Button>
        )}
        {!isText && alone && (
          <Button
            icon={how === 'hold' ? <PlayCircleOutlined /> : <PauseOutlined />}
            type={how === 'hold' ? 'primary' : 'default'}
            aria-pressed={how === 'hold'}
            disabled={disabled}
            onClick={() => send({ type: 'hold', entryId, on: how !== 'hold' })}
            {...keysOf('hold')}
          >
            {t(how === 'hold' ? 'resume' : 'hold')}
          </Button>
        )}
        {!isText && how !== 'consulted' && (
          <Button
            aria-expanded={props.openPanel === 'keys'}
            disabled={disabled}
            onClick={() => props.toggle('keys')}
            {...keysOf('keys')}
          >
            {t('keys')}
          </Button>
        )}
        {alone && (
          <Button
            icon={<SwapOutlined />}
            disabled={disabled}
            onClick={() => props.toggle('transfer')}
            {...keysOf('transfer')}
          >
            {t('transfer')}
          </Button>
        )}
        {!isText && alone && (
          <Button
            icon={<TeamOutlined />}
            disabled={disabled}
            onClick={() => props.toggle('consult')}
            {...keysOf('consult')}
          >
            {t('consult')}
          </Button>
        )}
        <ConsultEnds
          how={how}
          disabled={disabled}
          end={(then) => send({ type: 'consult-end', entryId, then })}
        />
        {how !== 'consulted' && how !== 'consulting' && (
          <Button
            danger
            icon={<PhoneOutlined style={{ transform: isText ? 'none' : 'rotate(135deg)' }} />}
            disabled={disabled}
            onClick={() => send({ type: 'finish', entryId })}
            {...keysOf('finish')}
          >
            {t('finish')}
          </Button>
        )}
      </Flex>
      {hint && (
        <Alert role="status" type={how === 'conference' ? 'info' : 'warning'} showIcon title={t(hint)} />
      )}
      {props.openPanel === 'keys' && !isText && (
        <div
          style={{ display: 'grid', gridTemplateColumns: 'repeat(3, 1fr)', gap: 8, maxWidth: 260 }}
          role="group"
          aria-label={t('keys')}
        >
          {keypad.map((key) => (
            <Button
              key={key}
              aria-label={`${t('key')} ${key}`}
              disabled={disabled}
              onClick={() => send({ type: 'keys', entryId, digits: key })}
            >
              {key}
            </Button>
          ))}
        </div>
      )}
      <Space wrap>
        <Typography.Text type="secondary">
          {t('talkingFor')}{' '}
          {formatDuration(Math.max(0, now - conversation.sinceEpochMs - state.clockAheadMs))}
        </Typography.Text>
        {conversation.people.length > 1 && (
          <Space wrap size={4}>
            <Typography.Text type="secondary">{t('withWhom')}:</Typography.Text>
            {conversation.people.map(({ id, name, muted }) => (
              <Tag key={id} {...(muted && { icon: <AudioMutedOutlined aria-label={t('mute')} /> })}>
                {name}
              </Tag>
            ))}
          </Space>
        )}
      </Space>
      {!isText && !sounds && <Typography.Text type="secondary">{t('byTelephone')}</Typography.Text>}
      {sounds && (
        <Flex gap="large" wrap>
          <Meter label={t(state.muted ? 'muted' : 'microphone')} levels={props.levels} side="microphone" />
          <Meter label={t('caller')} levels={props.levels} side="speaker" />
        </Flex>
      )}
    </Flex>
  );
}

type Then = 'hand-over' | 'conference' | 'back';
const consultEnds: Partial<
  Record<Contact['conversation']['state'], readonly (readonly [Then, DeskTextKey])[]>
> = {
  consulting: [
    ['hand-over', 'handOver'],
    ['conference', 'startConference'],
    ['back', 'backToCaller'],
  ],
  conference: [
    ['hand-over', 'leaveThem'],
    ['back', 'aloneAgain'],
  ],
  consulted: [['back', 'leave']],
};

function ConsultEnds(props: {
  readonly how: Contact['conversation']['state'];
  readonly disabled: boolean;
  readonly end: (then: Then) => void;
}) {
  const t = useDeskTexts();
  return (consultEnds[props.how] ?? []).map(([then, text]) => (
    <Button key={then} disabled={props.disabled} onClick={() => props.end(then)}>
      {t(text)}
    </Button>
  ));
}
