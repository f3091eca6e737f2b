import { Checkbox, Flex, Input, Segmented, theme, Typography } from 'antd';
import type { LiveCall } from '../../core/desk.ts';
import { useDeskCodes } from '../desk/code-names.ts';
import { MoodTag } from '../desk/mood-chart.tsx';
import { useDeskTexts } from '../desk/texts.ts';
import { useNow } from '../desk/use-desk.ts';
import { formatDuration } from '../format.ts';
import type { LiveFilter } from './filter.ts';

/** Everybody in contact right now, the angriest first. */
export function LiveCalls(props: {
  readonly calls: readonly LiveCall[];
  readonly total: number;
  readonly filter: LiveFilter;
  readonly onFilter: (filter: LiveFilter) => void;
  readonly chosenId: string | null;
  readonly choose: (call: LiveCall) => void;
  readonly aheadMs: number;
}) {
  const t = useDeskTexts();
  const nameOf = useDeskCodes();
  const { filter, onFilter } = props;
  return (
    <Flex vertical gap="small">
      <Flex gap="small" wrap align="center">
        <Segmented<LiveFilter['phase']>
          aria-label={t('phase')}
          value={filter.phase}
          onChange={(phase) => onFilter({ ...filter, phase })}
          options={[
            { value: 'all', label: t('all') },
            ...(['kefu', 'waiting', 'person'] as const).map((phase) => ({
              value: phase,
              label: nameOf('phase', phase),
            })),
          ]}
        />
        <Checkbox
          checked={filter.tense}
          onChange={(event) => onFilter({ ...filter, tense: event.target.checked })}
        >
          {t('onlyTense')}
        </Checkbox>
        <Input
          allowClear
          style={{ flex: '1 1 160px' }}
          aria-label={t('find')}
          placeholder={t('find')}
          value={filter.words}
          onChange={(event) => onFilter({ ...filter, words: event.target.value })}
        />
      </Flex>
      {props.calls.length === 0 && (
        <Typography.Text type="secondary">{t(props.total === 0 ? 'noLive' : 'noMatch')}</Typography.Text>
      )}
      <ul style={{ listStyle: 'none', margin: 0, padding: 0 }} aria-label={t('liveCalls')}>
        {props.calls.map((call) => (
          <li key={call.callId}>
            <CallRow
              call={call}
              chosen={call.callId === props.chosenId}
              choose={() => props.choose(call)}
              aheadMs={props.aheadMs}
            />
          </li>
        ))}
      </ul>
    </Flex>
  );
}

function CallRow(props: {
  readonly call: LiveCall;
  readonly chosen: boolean;
  readonly choose: () => void;
  readonly aheadMs: number;
}) {
  const t = useDeskTexts();
  const nameOf = useDeskCodes();
  const { token } = theme.useToken();
  const now = useNow();
  const { call, chosen } = props;
  return (
    <button
      type="button"
      aria-pressed={chosen}
      onClick={props.choose}
      style={{
        width: '100%',
        textAlign: 'start',
        font: 'inherit',
        color: token.colorText,
        background: chosen ? token.controlItemBgActive : 'transparent',
        border: 'none',
        borderBottom: `1px solid ${token.colorBorderSecondary}`,
        padding: '8px 6px',
        cursor: 'pointer',
      }}
    >
      <Flex justify="space-between" gap="small" wrap>
        <span>
          {call.mood && <MoodTag mood={call.mood} anger={call.anger} />}
          <Typography.Text strong>{call.customerName ?? call.from}</Typography.Text>
        </span>
        <Typography.Text type="secondary">
          {nameOf('channel', call.channel)} · {nameOf('phase', call.phase)}
          {call.agents.length > 0 && ` (${call.agents.map(({ name }) => name).join(', ')})`} ·{' '}
          {formatDuration(Math.max(0, now - call.startedAtEpochMs - props.aheadMs))}
        </Typography.Text>
      </Flex>
      <Typography.Text type="secondary">{call.wanted === '' ? t('notSaid') : call.wanted}</Typography.Text>
    </button>
  );
}
