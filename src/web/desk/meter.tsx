import { Progress, Typography } from 'antd';
import { useEffect, useState } from 'react';

/** A meter over 50 dB, as ears hear; it reads the peak ten times a second and falls slowly, so that eyes can follow. */
export function Meter(props: {
  readonly label: string;
  /** The same object at every drawing, whose values change. */
  readonly levels: { readonly microphone: number; readonly speaker: number };
  readonly side: 'microphone' | 'speaker';
}) {
  const { label, levels, side } = props;
  const [shown, setShown] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setShown((before) => Math.max(levels[side], before * 0.7)), 100);
    return () => clearInterval(timer);
  }, [levels, side]);
  const percent = shown <= 0.001 ? 0 : Math.max(0, Math.min(100, Math.round(100 + 40 * Math.log10(shown))));
  return (
    <div style={{ minWidth: 130, flex: 1 }}>
      <Typography.Text type="secondary">{label}</Typography.Text>
      <Progress percent={percent} showInfo={false} size="small" aria-label={label} />
    </div>
  );
}
