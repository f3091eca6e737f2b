import { CoffeeOutlined, CustomerServiceOutlined, PoweroffOutlined, SoundOutlined } from '@ant-design/icons';
import { Button, Card, Dropdown, Flex, Segmented, Space, Tag, Typography } from 'antd';
import type { AgentChoice } from '../../core/handoff.ts';
import { formatDuration } from '../format.ts';
import { useDeskCodes } from './code-names.ts';
import type { DeskState } from './state.ts';
import { HoursHint } from './hours-hint.tsx';
import { useDeskTexts } from './texts.ts';
import { useNow } from './use-desk.ts';

export const breakReasons = ['lunch', 'short', 'meeting', 'training'] as const;

const stateColours = {
  offline: 'default',
  available: 'green',
  ringing: 'blue',
  talking: 'geekblue',
  'after-call': 'gold',
  break: 'orange',
} as const;

/** The name of a state, with the reason of a break. */
export function useStateName(): (agent: {
  readonly state: keyof typeof stateColours;
  readonly breakReason: string | null;
}) => string {
  const nameOf = useDeskCodes();
  return ({ state, breakReason }) => {
    const reason =
      state === 'break' && breakReason !== null ? ` (${nameOf('breakReason', breakReason)})` : '';
    return nameOf('state', state) + reason;
  };
}

export function StateTag(props: {
  readonly agent: {
    readonly state: keyof typeof stateColours;
    readonly breakReason: string | null;
    readonly sinceEpochMs: number;
  };
  readonly aheadMs: number;
}) {
  const now = useNow();
  const stateName = useStateName();
  const { agent, aheadMs } = props;
  return (
    <Tag color={stateColours[agent.state]} style={{ margin: 0 }}>
      {stateName(agent)} {formatDuration(Math.max(0, now - agent.sinceEpochMs - aheadMs))}
    </Tag>
  );
}

/** Who I am, what I am doing, and what I choose to do. */
export function StateBar(props: {
  readonly state: DeskState;
  readonly choose: (choice: AgentChoice) => void;
  readonly takeCallsBy: (device: DeskState['device']) => void;
  readonly openSound: () => void;
  readonly openHelp: () => void;
}) {
  const t = useDeskTexts();
  const nameOf = useDeskCodes();
  const stateName = useStateName();
  const { me, agent, clockAheadMs, link, telephone, device } = props.state;
  const offline = link.state !== 'open';
  const chosen = agent?.afterwards?.state ?? agent?.state;
  const after = agent?.afterwards;
  return (
    <Card size="small">
      <Flex gap="small" wrap align="center" justify="space-between">
        <Space wrap>
          <Typography.Text strong>{me?.name ?? t('desk')}</Typography.Text>
          {agent && <StateTag agent={agent} aheadMs={clockAheadMs} />}
          {after && (
            <Tag>
              {t('afterwards')}:{' '}
              {stateName({ state: after.state, breakReason: after.state === 'break' ? after.reason : null })}
            </Tag>
          )}
          <QueueLength state={props.state} />
          {telephone !== null && (
            <Segmented<DeskState['device']>
              size="small"
              aria-label={t('takeCallsBy')}
              disabled={offline}
              value={device}
              onChange={props.takeCallsBy}
              options={[
                { value: 'browser', label: t('browser') },
                { value: 'telephone', label: `${t('telephone')} ${telephone}` },
              ]}
            />
          )}
        </Space>
        <Flex gap="small" wrap role="group" aria-label={t('myState')}>
          <Button
            icon={<CustomerServiceOutlined />}
            type={chosen === 'available' ? 'primary' : 'default'}
            aria-pressed={chosen === 'available'}
            disabled={offline}
            onClick={() => props.choose({ state: 'available' })}
          >
            {t('available')}
          </Button>
          <Dropdown
            trigger={['click']}
            disabled={offline}
            menu={{
              items: breakReasons.map((reason) => ({ key: reason, label: nameOf('breakReason', reason) })),
              onClick: ({ key }) => props.choose({ state: 'break', reason: key }),
            }}
          >
            <Button
              icon={<CoffeeOutlined />}
              type={chosen === 'break' ? 'primary' : 'default'}
              aria-pressed={chosen === 'break'}
              aria-haspopup="menu"
            >
              {t('takeBreak')}
            </Button>
          </Dropdown>
          <Button
            icon={<PoweroffOutlined />}
            type={chosen === 'offline' ? 'primary' : 'default'}
            aria-pressed={chosen === 'offline'}
            disabled={offline}
            onClick={() => props.choose({ state: 'offline' })}
          >
            {t('goOffline')}
          </Button>
          <Button icon={<SoundOutlined />} onClick={props.openSound}>
            {t('devices')}
          </Button>
          <Button onClick={props.openHelp}>{t('shortcuts')}</Button>
        </Flex>
      </Flex>
      {agent && <HoursHint agent={agent} aheadMs={clockAheadMs} disabled={offline} choose={props.choose} />}
    </Card>
  );
}

/** How many wait and how long, going on between the messages of the server. */
export function QueueLength({ state }: { readonly state: DeskState }) {
  const t = useDeskTexts();
  const now = useNow();
  const { queue } = state;
  if (!queue) return null;
  const longestMs = queue.longestWaitMs + Math.max(0, now - queue.atEpochMs);
  return (
    <Typography.Text type="secondary">
      {t('waiting')}: {queue.waiting}
      {queue.waiting > 0 && ` · ${t('longestWait')} ${formatDuration(longestMs)}`}
    </Typography.Text>
  );
}
