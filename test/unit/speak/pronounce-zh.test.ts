import { describe, expect, it } from 'vitest';
import type { SpeechPart, SpokenKind } from '../../../src/core/speech.ts';
import { pronounce } from '../../../src/speak/pronounce.ts';

/** Wednesday, 2026-03-04, 20:00 in Shanghai. */
const nowEpochMs = Date.UTC(2026, 2, 4, 12);
const timeZone = 'Asia/Shanghai';

function read(parts: readonly SpeechPart[]): string {
  return pronounce(parts, 'zh', { nowEpochMs, timeZone })
    .map((sentence) => sentence.spoken)
    .join('');
}

describe('Chinese values', () => {
  it.each<[SpokenKind, string, string]>([
    ['order_number', 'W2378156', 'W 二三，七八，幺五六'],
    ['order_number', '#W1122334', 'W 幺幺，二二，三三四'],
    ['order_number', '260305123456', '二六零三，零五幺二，三四五六'],
    ['tracking_number', 'SF1234567890123', 'S F，幺二三四，五六七八，九零幺二三'],
    ['digits', '1017', '幺零幺七'],
    ['digits', '123456', '幺二三，四五六'],
    ['money', '12.50 CNY', '十二元五角'],
    ['money', '12.50 元', '十二元五角'],
    ['money', '12.55 CNY', '十二元五角五分'],
    ['money', '12.05 CNY', '十二元零五分'],
    ['money', '2 CNY', '两元'],
    ['money', '2.20 CNY', '两元两角'],
    ['money', '200 CNY', '两百元'],
    ['money', '2000 CNY', '两千元'],
    ['money', '0.50 CNY', '五角'],
    ['money', '0.02 CNY', '两分'],
    ['money', '0 CNY', '零元'],
    ['money', '-8 CNY', '负八元'],
    ['money', '12.99 USD', '十二点九九美元'],
    ['money', '2 USD', '两美元'],
    ['money', '1200 JPY', '一千二百日元'],
    ['date', '2026-03-04', '今天'],
    ['date', '2026-03-05', '明天'],
    ['date', '2026-03-06', '后天'],
    ['date', '2026-03-03', '昨天'],
    ['date', '2026-03-02', '前天'],
    ['date', '2026-03-12', '三月十二号星期四'],
    ['date', '2026-03-22', '三月二十二号星期日'],
    ['date', '2026-10-01', '十月一号'],
    ['date', '2024-12-31', '二零二四年十二月三十一号'],
    ['time', '14:30', '下午两点半'],
    ['time', '09:05', '上午九点零五分'],
    ['time', '07:15', '早上七点十五分'],
    ['time', '12:00', '中午十二点'],
    ['time', '00:00', '凌晨零点'],
    ['time', '18:00', '晚上六点'],
    ['number', '2', '二'],
    ['number', '12', '十二'],
    ['number', '105', '一百零五'],
    ['number', '222', '两百二十二'],
    ['number', '22222', '两万两千二百二十二'],
    ['number', '120000', '十二万'],
    ['number', '0.5', '零点五'],
    ['phone', '13812345678', '幺三八，幺二三四，五六七八'],
    ['phone', '+8613812345678', '幺三八，幺二三四，五六七八'],
    ['phone', '400-820-8820', '四零零，八二零，八八二零'],
    ['phone', '021-12345678', '零二幺，幺二三四，五六七八'],
    ['phone', '+15551234567', '幺，五五五，幺二三，四五六七'],
    ['email', 'wang_lei@163.com', 'wang 下划线 lei 艾特 幺六三 点 com'],
    ['email', 'j.smith@qq.com', 'J 点 smith 艾特 Q Q 点 com'],
    ['postal_code', '200031', '二零零，零三幺'],
    ['name', '王小明', '王小明'],
  ])('reads the %s %j as "%s"', (kind, value, spoken) => {
    expect(read([{ type: 'value', kind, value, text: value }])).toBe(spoken);
  });
});

describe('Chinese text', () => {
  it.each([
    ['您的订单共12.50元，3月5日发货。', '您的订单共十二元五角，三月五日发货。'],
    ['请拨打400-820-8820或13812345678。', '请拨打四零零，八二零，八八二零或幺三八，幺二三四，五六七八。'],
    ['2个包裹，2件衣服，第2个，12个，22天。', '两个包裹，两件衣服，第二个，十二个，二十二天。'],
    ['营业时间9:00-21:00。', '营业时间上午九点到晚上九点。'],
    ['下午2:05到。', '下午两点零五分到。'],
    ['满200减20，打8.5折，再减15%。', '满两百减二十，打八五折，再减百分之十五。'],
    ['单号SF1234567890123。', '单号S F，幺二三四，五六七八，九零幺二三。'],
    ['尾号1234，验证码是1024。', '尾号幺二三四，验证码是幺零二四。'],
    ['7天无理由退货，2-3个工作日到账。', '七天无理由退货，两到三个工作日到账。'],
    ['请按1号键，或按#键。', '请按一号键，或按井号键。'],
    ['2026年3月5日送达', '二零二六年三月五日送达'],
    ['2026-03-05送达', '明天送达'],
    ['价格￥0.50到¥12.05', '价格五角到十二元零五分'],
    ['2000元，20000元', '两千元，两万元'],
    ['重2.5kg，长10cm。', '重二点五公斤，长十厘米。'],
    ['在2楼，星期2，2号，2月', '在二楼，星期二，二号，二月'],
    ['请稍等2分钟，还有2小时。', '请稍等两分钟，还有两小时。'],
    ['温度是-5℃', '温度是负五摄氏度'],
    ['库存2万件', '库存两万件'],
    ['完成了3/4。', '完成了四分之三。'],
    ['您是VIP客户', '您是 V I P 客户'],
    ['“您好”（王先生）', '您好，王先生'],
    ['网站是www.example.com。', '网站是 example 点 com。'],
  ])('reads %j as "%s"', (written, spoken) => {
    expect(read([{ type: 'text', text: written }])).toBe(spoken);
  });

  it('reads a sentence with values in it', () => {
    expect(
      read([
        { type: 'text', text: '您的订单' },
        { type: 'value', kind: 'order_number', value: 'W2378156', text: 'W2378156' },
        { type: 'text', text: '已发货，预计' },
        { type: 'value', kind: 'date', value: '2026-03-05', text: '3月5日' },
        { type: 'text', text: '送达。' },
      ]),
    ).toBe('您的订单W 二三，七八，幺五六已发货，预计明天送达。');
  });

  it('leaves no Arabic digit', () => {
    expect(read([{ type: 'text', text: '3个12345678在5:45花9.99等于50%第1名2024年8GB和v2.0' }])).not.toMatch(
      /\d/,
    );
  });
});
