import { Flex, Form, Input, Select, Switch } from 'antd';
import { weekdays } from '../../core/hours.ts';
import { useTexts } from '../texts.ts';
import { isClosed, isDay } from './hours-values.ts';

const rule = (isValid: (text: string) => boolean, message: string) => ({
  validator: (_: unknown, text: string | undefined) =>
    isValid(text ?? '') ? Promise.resolve() : Promise.reject(new Error(message)),
});

/** When a person works, in a form with `hours: HoursValues`. */
export function HoursFields() {
  const t = useTexts();
  const limited = Form.useWatch<boolean | undefined>(['hours', 'limited']) === true;
  return (
    <>
      <Form.Item name={['hours', 'limited']} label={t('hoursLimited')} valuePropName="checked">
        <Switch />
      </Form.Item>
      {/* Kept while it is not shown, so that a wrong click loses nothing. */}
      <div hidden={!limited}>
        <Form.Item name={['hours', 'timeZone']} label={t('timeZone')}>
          <Select
            showSearch
            options={['UTC', ...Intl.supportedValuesOf('timeZone')].map((value) => ({ value, label: value }))}
          />
        </Form.Item>
        <Form.Item label={t('hours')} extra={t('hoursHint')}>
          <Flex vertical gap="small">
            {weekdays.map((day) => (
              <Flex key={day} gap="small" align="baseline">
                <label htmlFor={`hours_${day}`} style={{ width: 40 }}>
                  {t(day)}
                </label>
                <Form.Item
                  name={['hours', day]}
                  rules={limited ? [rule(isDay, t('hoursWrong'))] : []}
                  style={{ flex: 1, margin: 0 }}
                >
                  <Input id={`hours_${day}`} placeholder="09:00-12:00, 13:00-18:00" maxLength={200} />
                </Form.Item>
              </Flex>
            ))}
          </Flex>
        </Form.Item>
        <Form.Item
          name={['hours', 'closed']}
          label={t('daysOff')}
          rules={limited ? [rule(isClosed, t('daysOffWrong'))] : []}
        >
          <Input placeholder="2026-12-25, 2027-01-01" maxLength={4500} />
        </Form.Item>
      </div>
    </>
  );
}
