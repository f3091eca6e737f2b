/** What customers are made of: invented names, real towns with real postal codes. */

// prettier-ignore
export const firstNames = [
  'Ada', 'Adam', 'Alice', 'Amelia', 'Andrew', 'Anna', 'Ben', 'Bianca', 'Brian', 'Caleb', 'Carla', 'Carmen', 'Chloé', 'Clara',
  'Daniel', 'Dana', 'David', 'Diego', 'Elena', 'Eli', 'Ellen', 'Eric', 'Esther', 'Ethan', 'Eva', 'Felix', 'Fiona', 'Frank',
  'Gabriel', 'Grace', 'Hannah', 'Harper', 'Henry', 'Ian', 'Iris', 'Isaac', 'Jack', 'Jane', 'Jasmine', 'Joel', 'José', 'Julia',
  'Karen', 'Kevin', 'Laura', 'Leah', 'Leo', 'Liam', 'Lucía', 'Luke', 'Marcus', 'Mia', 'Miles', 'Naomi', 'Nathan', 'Nora',
  'Oscar', 'Paula', 'Peter', 'Priya', 'Rachel', 'René', 'Rosa', 'Ruth', 'Sam', 'Sarah', 'Simon', 'Sofia', 'Theo', 'Tina',
  'Victor', 'Vera', 'Walter', 'Wendy', 'Xavier', 'Yara', 'Zachary', 'Zoë',
] as const;

// prettier-ignore
export const lastNames = [
  'Adams', 'Alvarez', 'Baker', 'Barnes', 'Beck', 'Bell', 'Brooks', 'Campbell', 'Chavez', 'Clarke', 'Coleman', 'Cooper', 'Cruz',
  'Dawson', 'Diaz', 'Dixon', 'Doyle', 'Edwards', 'Ellis', 'Evans', 'Fisher', 'Flores', 'Foster', 'Fox', 'García', 'Gibson',
  'Gray', 'Green', 'Hall', 'Harris', 'Hayes', 'Hoffman', 'Hughes', 'Hunt', 'Ibáñez', 'Jackson', 'James', 'Jensen', 'Johnson',
  'Kelly', 'Kennedy', 'Khan', 'Lambert', 'Larson', 'Lewis', 'Lopez', 'Marsh', 'Mason', 'Miller', 'Moore', 'Morgan', 'Müller',
  'Murphy', 'Nelson', 'Newman', 'Núñez', "O'Brien", 'Owens', 'Palmer', 'Parker', 'Patel', 'Perry', 'Price', 'Quinn', 'Reed',
  'Reyes', 'Rivera', 'Rogers', 'Ross', 'Russell', 'Sanders', 'Shaw', 'Silva', 'Smith', 'Stone', 'Sullivan', 'Taylor', 'Turner',
  'Vargas', 'Wagner', 'Walsh', 'Ward', 'Watson', 'Webb', 'Weiss', 'White', 'Wood', 'Young',
] as const;

// prettier-ignore
export const streets = [
  'Maple Street', 'Oak Avenue', 'Cedar Lane', 'Park Road', 'River Street', 'Hill Road', 'Lake Drive', 'Church Street',
  'Garden Avenue', 'Spring Street', 'Mill Lane', 'Sunset Boulevard', 'Willow Court', 'Elm Street', 'Station Road',
] as const;

// Chinese family and given names, with the latin letters of their e-mail addresses.
// prettier-ignore
export const familyNamesZh = [
  ['王', 'wang'], ['李', 'li'], ['张', 'zhang'], ['刘', 'liu'], ['陈', 'chen'], ['杨', 'yang'], ['赵', 'zhao'], ['黄', 'huang'],
  ['周', 'zhou'], ['吴', 'wu'], ['徐', 'xu'], ['孙', 'sun'], ['马', 'ma'], ['朱', 'zhu'], ['胡', 'hu'], ['林', 'lin'],
] as const;
// prettier-ignore
export const givenNamesZh = [
  ['静', 'jing'], ['磊', 'lei'], ['敏', 'min'], ['洋', 'yang'], ['艳', 'yan'], ['勇', 'yong'], ['娜', 'na'], ['杰', 'jie'],
  ['秀英', 'xiuying'], ['建国', 'jianguo'], ['晓明', 'xiaoming'], ['雨桐', 'yutong'], ['思远', 'siyuan'], ['佳怡', 'jiayi'],
  ['浩然', 'haoran'], ['子涵', 'zihan'],
] as const;
export const streetsZh = [
  '中山路',
  '人民路',
  '解放路',
  '建设路',
  '和平路',
  '文化路',
  '新华路',
  '长江路',
] as const;

/** A town: its state or province, its postal codes, and the area code of its telephone numbers. */
export interface Town {
  readonly city: string;
  readonly state: string;
  readonly postalCodes: readonly string[];
  readonly areaCode: string;
}

const town = (city: string, state: string, areaCode: string, ...postalCodes: string[]): Town => ({
  city,
  state,
  areaCode,
  postalCodes,
});

export const townsUs: readonly Town[] = [
  town('New York', 'NY', '212', '10011', '10025', '10128'),
  town('Buffalo', 'NY', '716', '14201', '14213'),
  town('Boston', 'MA', '617', '02116', '02130'),
  town('Providence', 'RI', '401', '02906'),
  town('Hartford', 'CT', '860', '06105'),
  town('Portland', 'ME', '207', '04101'),
  town('Philadelphia', 'PA', '215', '19103', '19147'),
  town('Pittsburgh', 'PA', '412', '15213', '15232'),
  town('Newark', 'NJ', '973', '07102'),
  town('Baltimore', 'MD', '410', '21201', '21231'),
  town('Washington', 'DC', '202', '20009', '20016'),
  town('Richmond', 'VA', '804', '23220'),
  town('Charlotte', 'NC', '704', '28202', '28205'),
  town('Charleston', 'SC', '843', '29401'),
  town('Atlanta', 'GA', '404', '30308', '30316'),
  town('Miami', 'FL', '305', '33131', '33137'),
  town('Orlando', 'FL', '407', '32801'),
  town('Nashville', 'TN', '615', '37203', '37206'),
  town('Birmingham', 'AL', '205', '35205'),
  town('New Orleans', 'LA', '504', '70115', '70130'),
  town('Columbus', 'OH', '614', '43201', '43215'),
  town('Cleveland', 'OH', '216', '44113'),
  town('Detroit', 'MI', '313', '48201', '48226'),
  town('Indianapolis', 'IN', '317', '46204', '46220'),
  town('Chicago', 'IL', '312', '60605', '60614', '60647'),
  town('Milwaukee', 'WI', '414', '53202'),
  town('Minneapolis', 'MN', '612', '55401', '55408'),
  town('Des Moines', 'IA', '515', '50309'),
  town('St. Louis', 'MO', '314', '63104', '63118'),
  town('Kansas City', 'MO', '816', '64108'),
  town('Omaha', 'NE', '402', '68102'),
  town('Oklahoma City', 'OK', '405', '73102'),
  town('Dallas', 'TX', '214', '75201', '75206'),
  town('Austin', 'TX', '512', '78701', '78704'),
  town('Houston', 'TX', '713', '77006', '77019'),
  town('Denver', 'CO', '303', '80203', '80211'),
  town('Salt Lake City', 'UT', '801', '84102'),
  town('Albuquerque', 'NM', '505', '87106'),
  town('Phoenix', 'AZ', '602', '85004', '85016'),
  town('Las Vegas', 'NV', '702', '89101', '89123'),
  town('Boise', 'ID', '208', '83702'),
  town('Seattle', 'WA', '206', '98101', '98103', '98122'),
  town('Portland', 'OR', '503', '97205', '97214'),
  town('Sacramento', 'CA', '916', '95814'),
  town('San Francisco', 'CA', '415', '94103', '94117'),
  town('Los Angeles', 'CA', '213', '90012', '90026'),
  town('San Diego', 'CA', '619', '92101', '92104'),
  town('Honolulu', 'HI', '808', '96815'),
];

/** Chinese towns. Their area codes are not used: the telephone numbers are mobile ones. */
export const townsCn: readonly Town[] = [
  town('北京市', '北京市', '', '100025', '100086'),
  town('上海市', '上海市', '', '200040', '200120'),
  town('广州市', '广东省', '', '510620'),
  town('深圳市', '广东省', '', '518052'),
  town('杭州市', '浙江省', '', '310012'),
  town('南京市', '江苏省', '', '210008'),
  town('苏州市', '江苏省', '', '215021'),
  town('成都市', '四川省', '', '610041'),
  town('武汉市', '湖北省', '', '430070'),
  town('西安市', '陕西省', '', '710061'),
  town('重庆市', '重庆市', '', '400010'),
  town('青岛市', '山东省', '', '266071'),
  town('厦门市', '福建省', '', '361004'),
  town('长沙市', '湖南省', '', '410005'),
];

/**
 * A telephone number that can never reach anybody. North America keeps 555-0100 to 555-0199 of every area code for fiction.
 * China keeps no such range: 141 is given to machines with 13-digit numbers only, so an 11-digit one does not exist.
 * `serial` must be unique per area code and, for North America, below 100.
 */
export function fictionalPhone(country: 'US' | 'CN', areaCode: string, serial: number): string {
  if (country === 'US') return `+1${areaCode}55501${String(serial).padStart(2, '0')}`;
  return `+8614105550${String(serial).padStart(3, '0')}`;
}
