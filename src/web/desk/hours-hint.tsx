import { Alert, Button } from 'antd';
import type { AgentChoice, AgentState } from '../../core/handoff.ts';
import { isOpen } from '../../core/hours.ts';
import { useDeskTexts } from './texts.ts';
import { useNow } from './use-desk.ts';

const apart = { marginTop: 8 };

/** Tells a person outside their hours that nothing comes in, and lets them work all the same. */
export function HoursHint(props: {
  readonly agent: Pick<AgentState, 'hours' | 'beyondHours'>;
  readonly aheadMs: number;
  readonly disabled: boolean;
  readonly choose: (choice: AgentChoice) => void;
}) {
  const t = useDeskTexts();
  const now = useNow();
  const { hours, beyondHours } = props.agent;
  if (isOpen(hours, now - props.aheadMs)) return null;
  if (beyondHours === true) return <Alert type="info" showIcon title={t('beyondHours')} style={apart} />;
  return (
    <Alert
      type="info"
      showIcon
      title={t('outsideHours')}
      style={apart}
      action={
        <Button
          size="small"
          disabled={props.disabled}
          onClick={() => props.choose({ state: 'available', anyway: true })}
        >
          {t('workAnyway')}
        </Button>
      }
    />
  );
}
