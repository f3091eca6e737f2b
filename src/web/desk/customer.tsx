import { Alert, Button, Card, Descriptions, Empty, Flex, Skeleton, Tag, Typography } from 'antd';
import { useCallback, useContext, useEffect, useState } from 'react';
import { z } from 'zod';
import { customerSchema, orderSchema, shipmentSchema, type Address } from '../../core/commerce.ts';
import { isMissing, loadJson } from '../api.ts';
import { LoadProblem } from '../pages/loading.tsx';
import { LanguageContext } from '../texts.ts';
import { useDeskCodes } from './code-names.ts';
import { useDeskTexts } from './texts.ts';

/** What the server answers; an order may come with its shipments. */
const customerDataSchema = z.object({
  customer: customerSchema,
  orders: z.array(orderSchema.extend({ shipments: z.array(shipmentSchema).optional() })),
});
type CustomerData = z.infer<typeof customerDataSchema>;
type CustomerOrder = CustomerData['orders'][number];

const orderColours = {
  pending: 'gold',
  processed: 'gold',
  shipped: 'blue',
  delivered: 'green',
  cancelled: 'default',
} as const;

/** What the shop knows of the customer: data and orders. */
export function CustomerView({ customerId }: { readonly customerId: string | undefined }) {
  const t = useDeskTexts();
  const [loaded, setLoaded] = useState<{ readonly id: string; readonly data: CustomerData }>();
  const [problem, setProblem] = useState<unknown>();
  const load = useCallback(
    (signal: AbortSignal) => {
      if (customerId === undefined) return;
      loadJson(`/api/desk/customer/${encodeURIComponent(customerId)}`, customerDataSchema, signal)
        .then((data) => {
          setProblem(undefined);
          setLoaded({ id: customerId, data });
        })
        .catch((error: unknown) => {
          if (!signal.aborted) setProblem(error);
        });
    },
    [customerId],
  );
  useEffect(() => {
    const abort = new AbortController();
    load(abort.signal);
    return () => abort.abort();
  }, [load]);
  const again = () => load(AbortSignal.timeout(10_000));

  if (customerId === undefined) return <Empty description={t('noCustomer')} />;
  if (problem !== undefined) {
    if (!isMissing(problem)) return <LoadProblem error={problem} retry={again} />;
    return (
      <Alert
        type="warning"
        showIcon
        title={t('customerMissing')}
        action={<Button onClick={again}>{t('tryAgain')}</Button>}
      />
    );
  }
  if (loaded?.id !== customerId) return <Skeleton active />;
  const { customer, orders } = loaded.data;
  return (
    <Flex vertical gap="middle">
      <Descriptions
        size="small"
        column={1}
        title={fullName(customer.name)}
        extra={<Button onClick={again}>{t('refresh')}</Button>}
        items={[
          { key: 'number', label: t('number'), children: customer.phones.join(', ') || '–' },
          { key: 'mail', label: '@', children: customer.emails.join(', ') || '–' },
          { key: 'address', label: t('address'), children: lineOf(customer.address) },
          ...(customer.tier ? [{ key: 'tier', label: t('tier'), children: customer.tier }] : []),
        ]}
      />
      <Typography.Text strong>{t('orders')}</Typography.Text>
      {orders.length === 0 && <Typography.Text type="secondary">{t('noOrders')}</Typography.Text>}
      {orders.map((order) => (
        <OrderCard key={order.id} order={order} />
      ))}
    </Flex>
  );
}

function OrderCard({ order }: { readonly order: CustomerOrder }) {
  const t = useDeskTexts();
  const nameOf = useDeskCodes();
  const language = useContext(LanguageContext);
  const day = (time: string) =>
    new Date(time).toLocaleDateString(language === 'zh' ? 'zh-CN' : 'en-GB', { dateStyle: 'medium' });
  return (
    <Card
      size="small"
      title={order.id}
      extra={<Tag color={orderColours[order.status]}>{nameOf('order', order.status)}</Tag>}
    >
      <Flex vertical gap={4}>
        <Typography.Text type="secondary">
          {t('placed')} {day(order.placedAt)}
        </Typography.Text>
        {order.items.map((item) => (
          <Flex key={item.itemId} justify="space-between" gap="small">
            <span style={{ minWidth: 0, overflowWrap: 'anywhere' }}>
              {item.quantity} × {item.name}{' '}
              <Typography.Text type="secondary">{Object.values(item.options).join(', ')}</Typography.Text>
            </span>
            <span style={{ whiteSpace: 'nowrap' }}>
              {item.price.amount} {item.price.currency}
            </span>
          </Flex>
        ))}
        {order.shipments?.map((shipment) => (
          <div key={shipment.id}>
            <Typography.Text strong>{t('tracking')}: </Typography.Text>
            {shipment.carrier} <Typography.Text copyable>{shipment.trackingNumber}</Typography.Text>{' '}
            <Tag>{shipment.status}</Tag>{' '}
            {shipment.estimatedAt && `${t('expected')} ${day(shipment.estimatedAt)}`}
            {shipment.events.at(-1) && (
              <Typography.Paragraph type="secondary" style={{ margin: 0 }}>
                {shipment.events.at(-1)?.text}, {shipment.events.at(-1)?.place}
              </Typography.Paragraph>
            )}
          </div>
        ))}
      </Flex>
    </Card>
  );
}

/** Chinese names have the family name first. */
function fullName({ first, last }: CustomerData['customer']['name']): string {
  return /\p{Script=Han}/u.test(last) ? last + first : `${first} ${last}`.trim();
}

function lineOf(address: Address): string {
  const { line1, line2, postalCode, city, country } = address;
  return [line1, line2, `${postalCode} ${city}`, country].filter((part) => part).join(', ');
}
