// Makes `ordinary.txt`: names and company words of many regions, and how names are composed there.
//
//   npm install --ignore-scripts --prefix target/ordinary @faker-js/faker@10.6.0 pinyin-pro@3.29.4 wanakana@5.3.1 @cspell/dict-companies@3.2.14
//   node listbuilder/data/ordinary.mjs target/ordinary > listbuilder/data/ordinary.txt
//
// The same packages give the same bytes. Lists that no package has in Latin letters (Arabic, Persian, Korean and Japanese
// names, trade words, legal forms) stand here, as such names are commonly spelt.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = resolve(process.argv[2], 'node_modules');
const require = createRequire(root + '/');
const { allLocales: L } = await import(pathToFileURL(require.resolve('@faker-js/faker')));
const { pinyin } = require('pinyin-pro');
const { toRomaji } = require('wanakana');

const MOST = 170;
const out = [];
const words = (text) => text.trim().split(/\s+/).map((w) => w.replaceAll('_', ' '));
/** At most MOST of a list, taken evenly, so that no letter of the alphabet is preferred. */
function some(list, most = MOST) {
  const all = [...new Set(list.map((s) => s.normalize('NFC').trim()))].filter((s) => s && !/[|\n0-9(]/.test(s)).sort();
  return all.length <= most ? all : Array.from({ length: most }, (_, i) => all[Math.floor((i * all.length) / most)]);
}
function list(name, values, most) {
  out.push(`list ${name} ${some(values, most).join('|')}`);
}
const pick = (x, sex) => (Array.isArray(x) ? x : [...(x?.[sex] ?? []), ...(x?.generic ?? [])]);
const both = (x) => (Array.isArray(x) ? x : [...(x?.male ?? []), ...(x?.female ?? []), ...(x?.generic ?? [])]);
/** Simplified from the BGN/PCGN tables. */
const CYRILLIC = Object.fromEntries(
  [...'абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґѓќљњџѕј'].map((c, i) => [
    c,
    'a b v g d e yo zh z i y k l m n o p r s t u f kh ts ch sh shch - y - e yu ya i yi ye g gj kj lj nj dz dz j'.split(' ')[i].replace('-', ''),
  ]),
);
const latin = (text) =>
  [...text].map((c) => { const l = CYRILLIC[c.toLowerCase()]; return l === undefined ? c : c === c.toLowerCase() ? l : l.charAt(0).toUpperCase() + l.slice(1); }).join('');
/** Revised Romanization, syllable by syllable. */
const LEAD = 'g kk n d tt r m b pp s ss - j jj ch k t p h'.split(' ');
const VOWEL = 'a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i'.split(' ');
const TAIL = '- k k k n n n t l l l l l l l l m p p t t ng t t k t p t'.split(' ');
const hangul = (text) => [...text].map((c) => { const n = c.codePointAt(0) - 0xac00; return n < 0 || n >= 11172 ? c : (LEAD[Math.floor(n / 588)] + VOWEL[Math.floor((n % 588) / 28)] + TAIL[n % 28]).replaceAll('-', ''); }).join('');
const han = (text) => pinyin(text, { toneType: 'none', type: 'array', v: false }).join('').replaceAll('ü', 'u');
const capital = (s) => s.charAt(0).toUpperCase() + s.slice(1);

out.push(
  '# Ordinary names: what scores are calibrated on. Made by ordinary.mjs; do not edit.',
  '# Given names, family names and cities: @faker-js/faker 10.6.0 (MIT). Romanised from its native lists with pinyin-pro 3.29.4',
  '# (MIT), wanakana 5.3.1 (MIT) and the BGN/PCGN and Revised Romanization tables. Company stems: @cspell/dict-companies 3.2.14 (MIT).',
  '# Arabic, Persian, Pakistani, East African, Korean and Japanese names in Latin letters, trade words, legal forms: of this project.',
  '# `list NAME a|b|c`; `person|company REGION WEIGHT G=list … : N template|…`. Capitals in a template are slots; X an acronym.',
);
// ---- people, by locale: both sexes apart where family names differ
const people = [];
const say = (region, weight, slots, templates) => people.push(`person ${region} ${weight} ${slots} : ${templates}`);
function locale(code, { region, weight = 1, templates = '6 G F|1 G G F|1 F G', sexes = false, map = (x) => x, prefix = code, native = false }) {
  const p = L[code].person;
  for (const sex of sexes ? ['male', 'female'] : ['']) {
    const take = (x) => (sex ? pick(x, sex) : both(x)).map(map);
    const name = sex ? `${prefix}.${sex[0]}` : prefix;
    list(`${name}.g`, take(p.first_name), native ? 90 : MOST);
    list(`${name}.f`, take(p.last_name), native ? 90 : MOST);
    let slots = `G=${name}.g F=${name}.f`;
    if (p.middle_name && /M/.test(templates)) {
      list(`${name}.m`, take(p.middle_name), 80);
      slots += ` M=${name}.m`;
    }
    say(region, weight, slots, templates);
  }
}
const western = '10 G F|3 G G F|2 G I. F|1 G F-F|1 F, G';
for (const c of ['en', 'de', 'fr', 'it', 'nl', 'pt_PT', 'fr_BE']) locale(c, { region: 'western', weight: c === 'en' ? 4 : 2, templates: western });
for (const c of ['sv', 'da', 'nb_NO', 'fi', 'en_AU', 'de_CH']) locale(c, { region: 'western', templates: western });
locale('hu', { region: 'western', templates: '4 F G|4 G F' });
locale('ro', { region: 'western', templates: '6 G F|1 G G F|1 F G' });
locale('lv', { region: 'western', sexes: true, templates: '6 G F|1 F G' });
locale('el', { region: 'western', templates: '4 G F|1 F G', native: true });
const east = '3 G F|2 G M F|2 F G M|1 F G';
for (const [c, m] of [['ru', true], ['uk', true]]) {
  locale(c, { region: 'slavic', weight: 2, sexes: true, templates: east, map: latin, prefix: `${c}.latin` });
  locale(c, { region: 'slavic', sexes: true, templates: east, native: true });
}
locale('mk', { region: 'slavic', sexes: true, map: latin, prefix: 'mk.latin' });
for (const c of ['cs_CZ', 'sk']) locale(c, { region: 'slavic', sexes: true, templates: '6 G F|1 F G' });
for (const c of ['pl', 'hr', 'sr_RS_latin', 'sl_SI']) locale(c, { region: 'slavic', templates: '6 G F|1 G G F|1 F G' });
for (const c of ['tr', 'az', 'uz_UZ_latin', 'ku_kmr_latin']) locale(c, { region: 'turkic', weight: c === 'tr' ? 4 : 1, sexes: ['az', 'uz_UZ_latin'].includes(c), templates: '6 G F|2 G G F|1 F G' });
for (const c of ['en_IN', 'en_NP']) locale(c, { region: 'south-asian', weight: 3, templates: '8 G F|2 G G F|1 G I F|1 I. I. F' });
for (const c of ['ne', 'ur']) locale(c, { region: 'south-asian', templates: '1 G F', native: true });
for (const c of ['id_ID', 'vi']) locale(c, { region: 'southeast-asian', weight: 3, sexes: c === 'id_ID', templates: c === 'vi' ? '3 F G|2 G F|2 F G G' : '3 G F|3 G G F|1 G G' });
locale('th', { region: 'southeast-asian', templates: '1 G F', native: true });
for (const c of ['en_GH', 'en_NG', 'yo_NG', 'zu_ZA', 'fr_SN', 'en_ZA']) locale(c, { region: 'african', templates: '6 G F|2 G G F|1 F G' });
locale('es', { region: 'latin-american', weight: 3, templates: '3 G F F|2 G G F F|2 G F|1 G de F' });
locale('es_MX', { region: 'latin-american', weight: 3, templates: '3 G F F|2 G G F F|2 G F' });
locale('pt_BR', { region: 'latin-american', weight: 2, templates: '3 G F|2 G F F|1 G G F F|1 G da F' });
locale('he', { region: 'hebrew-and-caucasian', templates: '4 G F|1 F G', native: true });
for (const c of ['hy', 'ka_GE']) locale(c, { region: 'hebrew-and-caucasian', templates: '4 G F', native: true });
locale('ar', { region: 'arabic', weight: 2, templates: '3 G F|3 G G F|1 G G G F', native: true });
locale('fa', { region: 'persian', weight: 2, templates: '4 G F|1 G G F', native: true });
locale('ku_ckb', { region: 'persian', templates: '4 G F', native: true });
locale('zh_CN', { region: 'chinese', weight: 2, templates: '1 FG', native: true });
locale('zh_TW', { region: 'chinese', templates: '1 FG', native: true });
locale('ko', { region: 'korean', weight: 2, templates: '1 FG', native: true });
locale('ja', { region: 'japanese', weight: 2, templates: '1 FG|1 F G', native: true });

// ---- people in Latin letters where the packages hold the native script alone
list('arab.g', words(`Ahmad Ahmed Ahmet Mohammed Mohamed Muhammad Mohammad Mohamad Ali Aly Omar Umar Hassan Hasan Hussein Hussain Husain Ibrahim Ebrahim Ismail Ismael Khalid Khaled Mahmoud Mahmood Mustafa Mostafa Yusuf Youssef Yousef Abdullah Abdallah Abdulrahman Abdelrahman Abdulaziz Abdelaziz Abdulkarim Abdelkader Abdulqadir Abdelhamid Abdulhadi Abdulmalik Abd_al-Latif Abd_el-Salam Abdul_Hamid Saad Saeed Said Saleh Salih Salem Salim Samir Sami Sameh Tariq Tarek Walid Waleed Yasser Yasir Yassin Ziad Ziyad Zaid Nasser Nasir Nabil Naji Majid Majed Karim Kareem Kamal Jamal Gamal Jaber Jabir Hamid Hamad Hamza Hani Haitham Haytham Hatem Hisham Hesham Husam Hossam Faisal Faysal Fahad Fahd Fadi Farid Farouk Fouad Bilal Bassam Basel Badr Bandar Ayman Anwar Anas Ammar Amjad Amir Adnan Adel Adil Akram Ashraf Rashid Rashed Riyad Riad Rami Ramzi Raed Sultan Sulaiman Suleiman Shadi Sharif Sherif Tamer Thamer Turki Wael Wissam Wassim Mansour Marwan Mazen Mohannad Moataz Muhannad Munir Murad Mutaz Nawaf Nayef Nizar Osama Usama Othman Qasim Kassem Rabih Rida Saif Ghassan Ghazi Imad Emad Issa Essam Isam Jalal Jihad Luay Loay Lotfi Mokhtar Idris Bashir Bashar Tahir Taher Talal Yahya Younes Zakaria Zuhair Fatima Fatma Fatimah Aisha Aicha Mariam Maryam Layla Laila Leila Noura Nora Noor Nour Huda Hoda Amina Amal Asma Salma Rania Reem Rana Dina Dalia Hanan Samira Zainab Zeinab Khadija Sara Sarah Safa Sahar Souad Suad Shaima Yasmin Yasmine Wafa Widad Zahra Zohra Heba Hind Iman Eman Jamila Karima Latifa Lina Lubna Maha Malak Manal Mona Muna Nadia Nada Nawal Najwa Rasha Rim Ruba Salwa`), 400);
list('arab.f', words(`Al-Ahmad al-Ahmadi Al-Harbi Al-Qahtani Al-Otaibi Al-Ghamdi Al-Zahrani Al-Shammari Al-Mutairi Al-Dosari Al-Dossary Al-Rashidi Al-Amri Al-Hashimi Al-Hashemi Al-Masri El-Masry El-Sayed Al-Sayed Mansour Al-Mansouri Haddad El_Haddad Khoury Nasr Nasrallah Salameh Salama Darwish Darwich Khalil Khalifa Al-Khalifa Shaheen Shahin Zaidan Zidan Qasim Qasem Issa Awad Awwad Hamdan Hamdi Barakat Saleh Al-Saleh Najjar Al-Najjar Sabbagh Halabi Al-Halabi Shami Al-Shami Baghdadi Al-Baghdadi Al-Basri Al-Kufi Al-Mosuli Jaber Al-Jaberi Othman Farah Aziz Mousa Moussa Musa Taha Younis Younes Hijazi Hegazy Sharif Bakr Abu_Bakr Rizk Fathi Fathy Abbas Al-Abbasi Al-Tamimi Al-Janabi Al-Jubouri Al-Jabouri Al-Dulaimi Al-Maliki Al-Saadi Al-Obaidi Al-Ubaidi Al-Hadi Al-Hamadi Al-Hammadi Al-Marri Al-Ketbi Al-Mazrouei Al-Nuaimi Al-Suwaidi Al-Shehhi Al-Balushi Al-Busaidi Al-Habsi Al-Hinai Al-Kindi Al-Lawati Al-Rawahi Al-Farsi Al-Kuwari Al-Thani Al-Attiyah Al-Sulaiti Al-Mannai Al-Sabah Al-Mutawa Al-Ajmi Al-Enezi Al-Anzi Al-Azmi Al-Rasheed Al-Fadhli Al-Kandari Al-Sahli Al-Subaie Al-Juhani Al-Malki Al-Asmari Al-Shehri Al-Qarni Al-Yami Al-Sharif Al-Omari Al-Khatib Khatib Al-Zoubi Al-Momani Al-Majali Al-Tarawneh Obeidat Abu_Zaid Abu_Saleh Abu_Hamdan Abu_Taleb Al-Sanaani Al-Yafei Al-Hadrami Ba_Wazir Al-Amoudi Benali Ben_Ali Ben_Salah Ben_Amor Ben_Youssef Bouzid Belkacem Belhadj Bouazizi Trabelsi Jebali Gharbi Hamrouni Mansouri Cherif Benkirane El-Amrani Alaoui Bennani Berrada Tazi Chraibi Lahlou Idrissi El_Idrissi El_Fassi Bensalem Boumediene Hamidi Ziani Brahimi Khelifi Saidi Kadri Meziane Zerrouki Elhassan Osman Bashir El_Tayeb Idris Hamid Ishaq Adam Abdelgadir Elmahdi Ghannam Hosny Shafik Gaber Abdelaal Abdel_Fattah El-Shazly Naguib Sabry Zaki Wahba Mikhail Girgis Boutros Tadros Aoun Frangieh Chamoun Karam Saab Daher Fakhoury Ghanem Hayek Itani Kanaan Maalouf Nassar Rahal Sfeir Tannous Younan Zogby`), 400);
list('arab.f2', words(`Hassan Hussein Ahmed Mohammed Ali Mahmoud Ibrahim Salem Said Saleh Khalil Omar Mustafa Abdullah Yousef Nasser Hamad Rashid Sultan Majid Farouk`));
say('arabic', 6, 'G=arab.g F=arab.f H=arab.f2', '5 G F|4 G G F|2 G H F|1 G G G F|1 G bin G F|1 G bin G|2 G H|1 F, G|1 G ben G F');
list('persia.g', words(`Mohammad Ali Reza Hossein Hosein Mehdi Amir Saeed Hamid Majid Behrouz Behzad Bahram Dariush Farhad Farid Kaveh Kamran Arash Babak Ehsan Iman Jamshid Kourosh Masoud Mohsen Morteza Nader Navid Omid Parviz Ramin Shahram Siavash Sina Vahid Yousef Maryam Zahra Fatemeh Leila Shirin Nasrin Parisa Narges Sahar Azadeh Amir-Hossein Mohammad-Reza Ali-Reza Alireza Mohammadreza Abbas Akbar Asghar Ahmad Mahmoud Ebrahim Esmail Gholamreza Gholam_Hossein Hadi Hashem Hassan Houshang Javad Kazem Karim Khosrow Mahdi Mansour Mostafa Nima Pedram Peyman Pouya Rahim Rasoul Rostam Saman Sasan Shahin Sohrab Soroush Taghi Yaghoub Mahsa Mina Mitra Nahid Neda Niloufar Pari Roya Samira Sara Shahla Simin Soheila Soraya Yasaman Zohreh Elham Farzaneh Firouzeh Golnaz Homa Mahnaz`));
list('persia.f', words(`Ahmadi Mohammadi Hosseini Hoseini Rezaei Rezaie Karimi Mousavi Jafari Rahimi Hashemi Moradi Sadeghi Ebrahimi Kazemi Ghasemi Shirazi Tehrani Esfahani Tabrizi Kermani Yazdi Bahrami Rostami Akbari Najafi Soleimani Zare Norouzi Abbasi Heidari Nazari Farahani Shahidi Ansari Amini Bagheri Salehi Mirzaei Taheri Yousefi Khosravi Davoudi Nikzad Golshiri Afshar Alavi Asadi Azizi Bakhtiari Ebadi Eskandari Fallah Fathi Ghaffari Ghorbani Habibi Hakimi Jalali Jamshidi Javadi Kamali Kiani Khalili Khani Lotfi Mahdavi Maleki Mansouri Mirza Mohseni Mokhtari Molavi Nasiri Nouri Omidi Pourahmad Qasemi Rajabi Rashidi Sabeti Safari Samadi Sharifi Sohrabi Tavakoli Vahidi Zamani Zandi Ahmadzadeh Hosseinzadeh Mohammadzadeh Alizadeh Hassanzadeh Karimzadeh Rahmani Ghanbari Parsa Zahedi Naderi Hamidi Bayat`));
say('persian', 5, 'G=persia.g F=persia.f', '6 G F|2 G G F|1 F, G');
list('afghan.f', words(`Khan Ahmadzai Karimi Rahimi Noorzai Popal Stanikzai Wardak Barakzai Durrani Ghani Hotak Kakar Mohmand Nazari Rasuli Safi Sherzai Yusufzai Zadran Zazai Achakzai Alokozai Haidari Hakimi Amiri Azizi Faizi Habibi Jalali Naseri Qaderi Sadat Saleh Sultani Wahidi`));
say('persian', 2, 'G=arab.g F=afghan.f', '4 G F|2 G G F|2 G G');
list('pakistan.f', words(`Khan Malik Hussain Ahmed Ali Shah Butt Chaudhry Chaudhary Qureshi Sheikh Siddiqui Iqbal Akhtar Abbasi Ansari Awan Baig Bhatti Bukhari Cheema Dar Durrani Farooqi Gill Gul Haider Hashmi Hassan Javed Jutt Kazmi Khattak Lodhi Mahmood Mehmood Memon Mirza Mughal Naqvi Niazi Nawaz Paracha Rana Raza Rehman Rizvi Saleem Sattar Shahid Soomro Tariq Usmani Warraich Yousaf Zaidi Zaman Hossain Rahman Islam Uddin Chowdhury Miah Karim Haque Sarkar Talukdar Begum Khatun`));
say('south-asian', 4, 'G=arab.g F=pakistan.f', '5 G F|3 G G F|1 G ur rehman|1 I. G F');
list('indian.f', words(`Singh Kumar Sharma Gupta Verma Patel Shah Mehta Reddy Rao Nair Menon Iyer Iyengar Pillai Das Dutta Bose Banerjee Mukherjee Chatterjee Ghosh Sen Roy Mishra Pandey Tiwari Dubey Yadav Chauhan Rathore Thakur Joshi Desai Kulkarni Patil Jadhav Pawar Shinde Naik Hegde Shetty Gowda Murthy Krishnan Subramanian Raghavan Venkatesan Ramachandran Balakrishnan Perera Fernando Silva de_Silva Jayasuriya Wickramasinghe Bandara Gunawardena Sivakumar Selvaraj Rajan Kaur Gill Sandhu Dhillon Bajwa Grewal Sethi Kapoor Khanna Malhotra Chopra Bhatia Arora Agarwal Jain Bansal Mittal Goel`));
say('south-asian', 3, 'G=en_IN.g F=indian.f', '6 G F|2 G G F|1 I. G F|1 G I. F');
list('swahili.g', words(`Amani Baraka Juma Hamisi Hassani Jabari Jelani Kamau Kariuki Kiprono Kipchoge Kimani Mwangi Njoroge Ochieng Otieno Onyango Odhiambo Omondi Wanjiru Wambui Nyambura Achieng Akinyi Atieno Neema Rehema Zawadi Asha Mwajuma Salim Rashidi Abdi Abdirahman Abdullahi Ahmed Ali Mohamed Hussein Ibrahim Ismail Yusuf Farah Fatuma Halima Hodan Ifrah Khadra Maryan Sahra Ayaan Abebe Alemayehu Bekele Berhanu Dawit Desta Fikru Girma Getachew Haile Kebede Mulugeta Tadesse Tekle Tesfaye Worku Yohannes Aster Almaz Hirut Meseret Selam Tigist Emmanuel Jean-Pierre Jean-Bosco Innocent Eric Claude Patrick Joseph Moses Samuel Daniel David Grace Mercy Esther Ruth Mary`));
list('swahili.f', words(`Mwangi Kamau Otieno Ochieng Odhiambo Onyango Kariuki Njoroge Kimani Mutua Musyoka Kipkorir Cheruiyot Rotich Koech Korir Langat Wafula Wanjala Barasa Juma Hamisi Mushi Massawe Kimaro Mwakasege Mkapa Mbwana Hassan Mohamed Ali Abdi Farah Warsame Jama Nur Omar Osman Sheikh Adan Aden Hersi Abdulle Mohamud Dahir Egal Elmi Bekele Tadesse Haile Gebre Gebremariam Gebremedhin Tesfaye Tekle Alemu Wolde Girma Negash Kebede Assefa Okello Mukasa Kato Nsubuga Ssempa Habimana Niyonzima Ndayishimiye Nkurunziza Hakizimana Uwimana Mukamana Mbeki Dlamini Kabongo Ilunga Mutombo Kasongo Mwamba Banda Phiri Tembo Mwale Chirwa Moyo Ncube Sibanda Dube Diallo Barry Bah Traore Keita Coulibaly Toure Kone Ouattara Sow Camara Conde Cisse Sylla`));
say('african', 4, 'G=swahili.g F=swahili.f', '5 G F|3 G G F|1 F G');
const china = L.zh_CN.person;
list('china.g', both(china.first_name).concat(both(L.zh_TW.person.first_name)).map((x) => capital(han(x))), 300);
list('china.f', words(`Wang Li Zhang Liu Chen Yang Huang Zhao Wu Zhou Xu Sun Ma Zhu Hu Guo He Lin Gao Luo Zheng Liang Xie Song Tang Han Feng Deng Cao Peng Zeng Xiao Tian Dong Pan Yuan Cai Jiang Yu Du Ye Cheng Wei Su Lu Ding Ren Shen Yao Jin Zhong Tan Wang Fan Shi Liao Jia Xia Fu Fang Bai Zou Meng Xiong Qin Qiu Hou Yin Xue Yan Duan Lei Long Tao Gu Mao Hao Gong Shao Wan Qian Dai Mo Kong Xiang Chang`));
list('china.s', words(`wei jing li min jun lei yang yan jie tao ming hao chao xia gang ping jian hong bin bo chen fang fei guo hai hua hui jia jin kai lan lin ling long lu mei na ning peng qian qiang qing rong rui shan sheng shu ting wen wu xiang xiao xin xing xiu xue ya yi ying yong yu yuan yue yun ze zhen zheng zhi zhong zi`));
list('kong.g', words(`Wai Ka Chi Man Siu Yuen Ho Kin Kwok Ming Wing Hoi Yan Lok Tsz Chun Hin Pui Shan Mei Ling Yee Sau Kit Fai Keung Hung Tak Shing Wah`));
list('kong.f', both(L.en_HK.person.last_name));
say('chinese', 3, 'F=china.f G=china.g', '3 F G|3 G F');
say('chinese', 2, 'F=china.f S=china.s', '3 F Ss|2 Ss F|2 F S S|1 S F'.replaceAll('Ss', 'SS'));
say('chinese', 2, 'F=kong.f G=kong.g E=en.g', '2 F G G|2 E F|1 E F G G|1 G-G F');
list('korea.g', both(L.ko.person.first_name).map((x) => capital(hangul(x))), 250);
list('korea.f', words(`Kim Kim Lee Lee Yi Rhee Park Pak Bak Choi Choe Jung Jeong Chung Kang Cho Jo Yoon Yun Jang Chang Lim Im Rim Han Oh Seo Suh Shin Sin Kwon Hwang Ahn An Song Ryu Yoo Yu Hong Jeon Jun Chun Ko Koh Moon Mun Yang Son Sohn Bae Pae Baek Paek Heo Huh Nam Sim Shim Noh No Ha Joo Ju Woo Koo Min Na Ra Jin Chin Ji Eom Chae Won Bang Kong Hyun Ham Yeo Choo Do So Seok Sun Seol Ma Gil Yeon Wi Pyo`));
list('korea.s', words(`min jun seo ji woo hyun jin young sung seong soo su hee kyung gyeong yong chul cheol hwan ho jae sang dong eun hye mi sun seon kyu gyu tae won ki gi in il chan hun hoon bin byung byeong geun han ik joo ju kwang gwang nam rae sook suk yeon yun ye a na ra ri kang myung myeong chang song hak sik pil`));
say('korean', 2, 'F=korea.f G=korea.g', '3 F G|3 G F');
say('korean', 3, 'F=korea.f S=korea.s', '3 F S-S|3 S-S F|2 F SS|2 SS F|2 F S S');
list('japan.g', [...both(L.ja.person.first_name).filter((x) => /^[\u3040-\u30ff]+$/.test(x)).map((x) => capital(toRomaji(x))), ...words(`Akira Akihiko Daichi Daiki Daisuke Eiji Fumio Hajime Haruki Haruto Hideki Hideo Hiroshi Hiroki Hiroyuki Ichiro Isamu Jiro Jun Junichi Kaito Katsumi Kazuki Kazuo Keiji Keisuke Ken Kenichi Kenji Kenta Koichi Koji Kota Makoto Manabu Masaaki Masahiro Masaki Masao Masaru Masato Minoru Mitsuo Naoki Noboru Nobuo Osamu Ren Ryo Ryota Satoshi Seiji Shigeru Shinichi Shinji Shin Sho Shota Shuichi Sota Susumu Tadashi Taichi Takahiro Takashi Takeo Takeshi Takuya Taro Tatsuya Tetsuya Toru Toshio Tsubasa Tsutomu Yasuo Yoichi Yoshio Yudai Yuji Yuki Yusuke Yuta Yutaka Ai Aiko Akane Akemi Aya Ayaka Chie Chika Emi Emiko Eri Fumiko Hana Haruka Hitomi Junko Kana Kaori Kazuko Keiko Kumiko Kyoko Mai Mana Mari Mariko Masako Mayumi Megumi Michiko Midori Miho Mika Miki Mio Misaki Miyuki Momoko Nanami Naomi Noriko Reiko Rie Rika Rina Sachiko Saki Sakura Sayaka Shizuka Shoko Tomoko Yoko Yoshiko Yui Yuka Yukiko Yumi Yuko Yuriko`)], 250);
list('japan.f', words(`Sato Suzuki Takahashi Tanaka Watanabe Ito Yamamoto Nakamura Kobayashi Kato Yoshida Yamada Sasaki Yamaguchi Matsumoto Inoue Kimura Hayashi Shimizu Yamazaki Mori Abe Ikeda Hashimoto Yamashita Ishikawa Nakajima Maeda Fujita Ogawa Goto Okada Hasegawa Murakami Kondo Ishii Saito Sakamoto Endo Aoki Fujii Nishimura Fukuda Ota Miura Fujiwara Okamoto Matsuda Nakagawa Nakano Harada Ono Tamura Takeuchi Kaneko Wada Nakayama Ishida Ueda Morita Hara Shibata Sakai Kudo Yokoyama Miyazaki Miyamoto Uchida Takagi Ando Taniguchi Ohno Maruyama Imai Takada Fujimoto Takeda Murata Ueno Sugiyama Masuda Hirano Sugawara Kojima Otsuka Chiba Kubo Matsui Iwasaki Sakurai Kinoshita Noguchi Matsuo Nomura Kikuchi Sano Onishi Sugimoto Arai Hamada Furukawa Ichikawa Shimada Takano Mizuno Sakuma Nagai Koyama Kawaguchi Higuchi Kitamura Honda Hirata Kubota Yano Nishida`));
say('japanese', 5, 'F=japan.f G=japan.g', '4 G F|3 F G');
say('hebrew-and-caucasian', 2, 'G=caucasus.g F=caucasus.f', '5 G F|1 F G');
list('caucasus.g', words(`David Daniel Yosef Moshe Avraham Yaakov Yitzhak Shlomo Eli Ariel Amir Noam Itay Uri Eyal Gadi Haim Yair Yehuda Ofer Ronen Tal Shira Noa Tamar Yael Michal Rivka Rachel Leah Sarah Esther Miriam Giorgi Davit Levan Irakli Nika Zurab Vakhtang Tamaz Avtandil Besik Nino Mariam Ketevan Tamar Eka Natia Salome Armen Ashot Aram Gevorg Hakob Hayk Karen Levon Narek Samvel Sargis Suren Tigran Vahan Vardan Ani Anahit Hasmik Karine Lusine Nune Ruzanna Siranush`));
list('caucasus.f', words(`Cohen Levi Mizrahi Peretz Biton Dahan Avraham Friedman Malka Azoulay Katz Yosef David Amar Ohayon Hadad Gabay Ben-David Levy Klein Shapira Shalom Mor Barak Goldberg Rosenberg Weiss Beridze Kapanadze Gelashvili Maisuradze Giorgadze Lomidze Tsiklauri Bolkvadze Kvaratskhelia Mchedlishvili Chkheidze Japaridze Gogoladze Kobakhidze Sargsyan Grigoryan Harutyunyan Hovhannisyan Khachatryan Petrosyan Karapetyan Vardanyan Gevorgyan Karapetian Hakobyan Mkrtchyan Poghosyan Avetisyan Simonyan Manukyan Abrahamyan Nazaryan Galstyan Melkonyan Torosyan`));
list('malay.g', words(`Ahmad Mohd Muhammad Mohamad Azman Aziz Faizal Farid Hafiz Haris Hisham Ibrahim Ismail Jamaluddin Kamal Khairul Megat Nazri Nizam Rahim Razak Rosli Safwan Shahrul Syed Wan Zainal Zul Aminah Aishah Azizah Fatimah Halimah Khadijah Mariam Noraini Norhayati Nur Nurul Rohani Siti Zainab Zaleha`));
say('southeast-asian', 2, 'G=malay.g H=arab.f2', '3 G bin H|2 G G bin H|2 G binti H|1 G G H');
list('filipino.f', words(`Santos Reyes Cruz Bautista Ocampo Garcia Mendoza Torres Tomas Andrada Castillo Flores Villanueva Ramos Castro Rivera Aquino Navarro Salazar Mercado Dela_Cruz de_Guzman del_Rosario Santiago Soriano Delos_Santos Valdez Pangilinan Manalo Dimaculangan Panganiban Lacson Tan Lim Sy Go Uy Ong Chua`));
say('southeast-asian', 1, 'G=es.g F=filipino.f E=en.g', '2 G F|2 E F|1 E I. F|1 G G F');
out.push(...people);

// ---- companies
const cities = (...codes) => codes.flatMap((c) => L[c].location?.city_name ?? []).filter((c) => !/[ -]/.test(c));
const firms = [];
const firm = (region, weight, slots, templates) => firms.push(`company ${region} ${weight} ${slots} : ${templates}`);
const stems = readFileSync(`${root}/@cspell/dict-companies/dict/companies.txt`, 'utf8').split('\n').filter((l) => /^[A-Z][A-Za-z]{3,}$/.test(l));
list('stem', stems, 900);
list('coin.a', words(`Alpha Ameri Apex Aqua Aero Astra Atlas Bio Blue Bright Cal Cap Cent Clear Core Cyber Data Delta Digi Dyna Eco Elec Ener Euro Ever Fin First Flex Geo Giga Global Green Hydro Info Inno Inter Iso Lumi Macro Mega Meta Micro Neo Net Nova Omni Opti Pan Peri Phyto Poly Prima Pro Quan Rapid Res Sani Sky Sol Star Sun Syn Techno Tele Terra Trans Tri Ultra Uni Vari Vita Vera Viva Xeno Zen`), 100);
list('coin.b', words(`bank bio bond care cell chem com core corp cloud data dent drive dyn flow flux form fuel gen gene gas gistics graph grid lab labs lane line link logic loop lux mark mart med metrix mine mobile net nomics nova ology optic path pharm plast plex point port power pulse quest ray serve soft solar sonic source span spring star stream sys tech tek tel therm trade trans tron vault vest vision ware wave way wind works yield zone`), 100);
list('trade', words(`Trading Industries Industrial Technologies Technology Systems Solutions Services Consulting Engineering Construction Contracting Development Energy Petroleum Oil Gas Mining Metals Steel Chemicals Chemical Pharmaceuticals Pharma Biosciences Therapeutics Medical Health Healthcare Foods Agriculture Agro Textiles Garments Plastics Paper Packaging Logistics Shipping Marine Maritime Transport Freight Aviation Airlines Aerospace Automotive Motors Electronics Electric Electrical Semiconductor Software Networks Telecom Communications Media Entertainment Publishing Printing Education Travel Tourism Hotels Hospitality Properties Realty Estates Investments Investment Capital Finance Financial Insurance Leasing Import_Export General_Trading Machinery Equipment Tools Instruments Laboratories Research Design Fashion Jewellery Furniture Security Environmental Water Power Solar Robotics Analytics Ventures Holdings Partners Associates Enterprises International Resources Acquisition Trust Bancorp Realty_Trust Growth_Fund`), 200);
list('quality', words(`Advanced Allied American Associated Atlantic Central Century Classic Continental Crown Diamond Dynamic Eagle Eastern Elite Empire European Excel Express Federal First Fortune General Global Golden Grand Great Green Heritage Horizon Imperial Independent Integrated International Liberty Lion Majestic Metro Modern National New Nordic Northern Ocean Olympic Omega Pacific Paramount Phoenix Pioneer Premier Prime Progressive Quality Rainbow Regal Reliable Royal Silver Smart Southern Standard Sterling Summit Superior Supreme Swift Titan Total Trinity Tri-State Trident Unique United Universal Vanguard Victory Western World`));
const forms = { en: 'Inc Inc. LLC Ltd Limited Corp Corporation Co. Company PLC LP Group Holdings', de: 'GmbH AG KG GmbH_&_Co._KG e.K. UG OHG', fr: 'SA SAS SARL SNC EURL', it: 'S.p.A. S.r.l. S.n.c. S.a.s.', es: 'S.A. S.L. S.A._de_C.V. Ltda. S.R.L. C.A. S.A.S.', pt: 'Ltda S.A. EIRELI Lda', nl: 'B.V. N.V. V.O.F.', nordic: 'AB AS A/S ApS Oy Oyj ASA', slav: 'd.o.o. a.s. s.r.o. Sp._z_o.o. S.A. d.d. OOO ZAO OAO LLC JSC TOV', gulf: 'LLC L.L.C. FZE FZCO FZC W.L.L. Est. Co. Group Company S.A.L. & Sons', iran: 'Co. Company PJS Group Private_Joint_Stock_Company Ltd', turk: 'A.S. Ltd._Sti. A.Ş. Ltd._Şti. Sanayi_ve_Ticaret_A.S. MMC MCHJ', india: 'Pvt_Ltd Private_Limited Limited Ltd LLP & Sons Brothers', china: 'Co.,_Ltd. Co._Ltd Company_Limited Group_Co.,_Ltd. Limited', korea: 'Co.,_Ltd. Corporation Inc.', japan: 'Co.,_Ltd. K.K. Corporation Inc.', asean: 'Sdn_Bhd Bhd Pte_Ltd Tbk JSC Co.,_Ltd. PT CV', africa: 'Ltd Limited PLC (Pty)_Ltd SARL SA Enterprises Ventures' };
for (const [k, v] of Object.entries(forms)) list(`form.${k}`, words(v));
list('city.en', cities('en', 'en_CA'), 150);
const base = 'B=stem A=coin.a E=coin.b T=trade Q=quality';
firm('western', 6, `${base} C=city.en F=en.f L=form.en`, '4 B T L|3 B L|3 AE L|3 AE T L|3 Q T L|2 Q B L|2 C T L|3 F T L|2 F & F L|2 F T T L|1 first C bancorp|1 bank of C|1 Q Q T|1 X T L|1 C Q T L|2 B T T L|1 F brothers L');
const euro = { de: ['Bau Handels Maschinenbau Technik Elektrotechnik Anlagenbau Immobilien Beteiligungs Verwaltungs Transport Spedition Logistik Metallbau Stahlbau Holzbau Medizintechnik Pharma Chemie Werke Industrie Versicherung Verlag Energie Solar Software Systeme Beratung', 'de', 'de'], fr: ['Industries Transports Bâtiment Travaux Immobilier Conseil Services Distribution Énergie Électronique Mécanique Chimie Pharma Assurances Développement Ingénierie Logistique Matériaux Technologies Participations Investissements', 'fr', 'fr'], it: ['Costruzioni Industria Meccanica Trasporti Immobiliare Servizi Elettronica Chimica Tessile Alimentari Energia Impianti Logistica Finanziaria Assicurazioni Sistemi Commerciale', 'it', 'it'], nl: ['Handel Bouw Transport Beheer Holding Techniek Vastgoed Logistiek Advies Installatie', 'nl', 'nl'] };
for (const [code, [trade, form]] of Object.entries(euro)) {
  list(`trade.${code}`, words(trade));
  if (code !== 'nl') list(`city.${code}`, cities(code), 80);
  firm('western', 1, `B=stem A=coin.a E=coin.b T=trade.${code} C=city.${code === 'nl' ? 'de' : code} F=${code}.f L=form.${form}`, '3 F T L|3 F L|2 B T L|2 C T L|1 F & F L|2 AE L|1 F-F L');
}
firm('western', 1, 'B=stem A=coin.a E=coin.b T=trade F=sv.f L=form.nordic', '3 F T L|2 B L|2 B T L|2 AE L|1 F & F L');
list('trade.es', words(`Comercial Comercializadora Construcciones Constructora Inmobiliaria Industrias Inversiones Servicios Transportes Distribuidora Importadora Exportadora Agropecuaria Alimentos Minera Petróleos Energía Consultores Asociados Grupo Corporación Tecnología Logística Seguros Financiera Turismo Desarrollo Ingeniería Laboratorios Textiles Productos Químicos Metales`));
list('city.es', cities('es', 'es_MX'), 120);
firm('latin-american', 4, 'T=trade.es C=city.es F=es_MX.f L=form.es B=stem A=coin.a E=coin.b', '4 T F L|3 T C L|2 T F y F L|2 F F y asociados|2 T B L|2 AE T L|2 T T F L|1 T de C L|1 grupo F|1 banco de C|1 T la F L|1 X T L');
list('trade.pt', words(`Comércio Construtora Indústria Transportes Empreendimentos Participações Serviços Engenharia Alimentos Energia Mineração Consultoria Distribuidora Importação_e_Exportação Tecnologia Logística Imobiliária Agropecuária`));
firm('latin-american', 2, 'T=trade.pt F=pt_PT.f L=form.pt B=stem', '3 F T L|2 T F L|2 B T L|2 F e F L|1 F T e T L');
list('trade.ru', words(`Stroy Invest Trade Torg Snab Prom Mash Energo Neft Gaz Trans Avto Agro Metall Khim Tekh Elektro Telekom Servis Resurs Holding Grupp Kapital Finans Konsalting Proyekt Montazh Les Farm Med Optika Pribor`));
list('trade.ru2', words(`Trading_House Plant Factory Machine-Building_Plant Joint_Stock_Company Construction_Company Research_and_Production_Enterprise Scientific_Production_Association Bank Insurance_Company Transport_Company Shipping_Company Design_Bureau Investment_Company Management_Company Oil_Company Metallurgical_Plant Instrument_Plant Torgovy_Dom Zavod Kombinat NPO NPP`));
list('city.ru', cities('ru', 'uk').map(latin), 150);
list('city.ru.native', cities('ru', 'uk'), 100);
list('stem.ru', words(`Альянс Вектор Вымпел Глобус Гранит Горизонт Заря Импульс Каскад Квант Кристалл Лидер Магистраль Меридиан Орион Паритет Перспектива Прогресс Рассвет Регион Ритм Сатурн Север Сигнал Сириус Союз Спектр Спутник Старт Сфера Темп Титан Факел Фортуна Центр Эверест Эталон Юпитер Янтарь Авангард Атлант Базис Восход`));
list('stem.ru.latin', words(`Alyans Vektor Vympel Globus Granit Gorizont Zarya Impuls Kaskad Kvant Kristall Lider Magistral Meridian Orion Paritet Perspektiva Progress Rassvet Region Ritm Saturn Sever Signal Sirius Soyuz Spektr Sputnik Start Sfera Temp Titan Fakel Fortuna Tsentr Everest Etalon Yupiter Yantar Avangard Atlant Bazis Voskhod`));
list('trade.ru.native', words(`Строй Инвест Торг Снаб Пром Маш Энерго Нефть Транс Авто Агро Металл Хим Тех Электро Телеком Сервис Ресурс Холдинг Финанс Проект Монтаж Лес Фарм`));
list('form.ru.native', words(`ООО ЗАО АО ПАО ОАО ИП ТОВ ТОО`));
firm('slavic', 4, 'T=trade.ru U=trade.ru2 C=city.ru S=stem.ru.latin F=ru.latin.m.f L=form.slav', '3 L S|3 S T L|2 C U|2 C T L|2 S U|2 L TT|2 ST L|1 F & partners L|2 C U S|1 S C U|1 X U');
firm('slavic', 2, 'T=trade.ru.native C=city.ru.native S=stem.ru L=form.ru.native', '3 L S|3 L S-T|2 L CT|2 L TT|1 L завод S|1 L торговый дом S');
list('trade.cz', words(`Stavby Obchod Doprava Stroje Energie Elektro Servis Chemie Potraviny Papir Consulting Invest Group Trade Transport Export Import Handel Budownictwo Przedsiebiorstwo Zaklady Uslugi Promet Gradnja Trgovina`));
firm('slavic', 2, 'T=trade.cz F=cs_CZ.m.f P=pl.f S=sr_RS_latin.f L=form.slav', '2 F T L|2 P T L|2 S T L|1 F a F L|1 P L|1 S T');
list('stem.arab', words(`Al-Noor Al-Nour Al-Amal Al-Salam Al-Rafidain Al-Furat Al-Madina Al-Khaleej Gulf Arabian Emirates Oasis Falcon Pearl Crescent Desert Nile Tigris Al-Waha Al-Fajr Al-Rayan Al-Barakah Al-Baraka Al-Wataniya National Jebel_Ali Al-Quds Al-Sharq Orient Levant Cedar Phoenicia Sahara Atlas Maghreb Al-Wafa Al-Ittihad United Al-Taqwa Al-Hilal Al-Najah Al-Itqan Al-Jazeera Najd Hijaz Yemen Aden Basra Baghdad Kuwait Doha Dubai Sharjah Ajman Muscat Riyadh Jeddah Dammam Amman Beirut Damascus Aleppo Cairo Alexandria Khartoum Tripoli Tunis Casablanca`));
list('stem.arab.native', words(`النور الأمل السلام الرافدين الفرات المدينة الخليج الواحة الفجر الريان البركة الوطنية القدس الشرق الوفاء الاتحاد الهلال النجاح الجزيرة نجد الحجاز دبي الشارقة بغداد البصرة`));
list('trade.arab.native', words(`للتجارة للمقاولات للصناعة للنقل للاستيراد_والتصدير للاستثمار للخدمات_النفطية للصرافة للتجارة_العامة للسياحة للتأمين`));
firm('arabic', 4, 'S=stem.arab F=arab.f G=arab.g T=trade L=form.gulf', '4 S T L|3 F T L|2 S general trading L|2 G F T L|2 F & sons L|2 S T T L|1 S F T L|1 S for T L|1 F exchange company|1 S bank|1 F group');
firm('arabic', 1, 'S=stem.arab.native T=trade.arab.native', '2 شركة S T|1 S T|1 مؤسسة S T');
list('stem.iran', words(`Pars Iran Tehran Isfahan Shiraz Tabriz Mashhad Kish Qeshm Caspian Alborz Damavand Zagros Sahand Persia Persian_Gulf Arya Aria Kaveh Mehr Sepehr Setareh Tose'e Tosee Omid Navid Azar Khazar Kavir Hamoon Sarv Simorgh Behin Nik Noor Rah Tose'eh Novin Pasargad Parsian Kerman Yazd Ahvaz Arvand Karoun Khorasan Mapna Saipa Fan Ofogh Sanat Fajr Iranian`));
list('trade.iran', words(`Sanat Petrochemical Petro Gostar Trading Industrial Group Shipping_Lines Steel Mining Cement Bank Insurance Engineering Electronics Tejarat Kala Energy Oil Gas Investment Development Pharmaceutical Khodro Saz Machine_Sazi Exchange Export Import Pooya Gostaresh Fanavar Tech`));
firm('persian', 3, 'S=stem.iran T=trade.iran F=persia.f L=form.iran U=trade', '3 S T L|2 S T T L|2 S S T|2 F T L|2 S U L|1 T S|1 S U T L|1 bank S');
list('city.tr', L.tr.location.city_name);
list('trade.tr', words(`Insaat Ticaret Sanayi Tekstil Gida Turizm Nakliyat Denizcilik Enerji Elektrik Elektronik Makina Otomotiv Petrol Kimya Plastik Metal Mühendislik Pazarlama Dis_Ticaret Lojistik Holding Madencilik Tarim Mobilya Bilisim Ilac`));
list('stem.tr', words(`Anadolu Marmara Ege Akdeniz Karadeniz Boğaziçi Yıldız Güneş Ay Doğu Batı Kuzey Öz Yeni Büyük Altın Demir Çelik Birlik Güven Umut Has Er Tan Kar Bal Ak Gök Deniz Dicle Toros Uludağ Ararat Hazar Baku Turan`));
firm('turkic', 3, 'S=stem.tr T=trade.tr F=tr.f L=form.turk C=city.tr', '4 F T L|3 S T L|2 C T L|2 F T T L|2 S T ve T L|1 F kardesler L|1 S C T L|1 SF T L');
list('city.in', cities('en_IN'), 120);
list('stem.in', words(`Shree Sri Shri Lakshmi Ganesh Krishna Balaji Durga Om Sai Bharat Hindustan Indo Bengal Deccan Madras Bombay Gujarat Punjab Rajasthan Kerala Himalaya Ganga Surya Chandra Jai Maruti Ambika Annapurna Vishnu Shiv Mahalaxmi Siddhi Royal New_India Pak Karachi Lahore Dhaka Bangla Colombo Ceylon Lanka Kathmandu Everest Al-Karam Habib Crescent`));
firm('south-asian', 4, 'S=stem.in T=trade F=indian.f P=pakistan.f C=city.in L=form.india', '4 S T L|3 F T L|2 P T L|2 C T L|2 S S T L|2 F & sons L|1 P brothers L|1 F & F T L|1 S C T L|1 X T L|1 bank of C');
list('city.cn', words(`Beijing Shanghai Guangzhou Shenzhen Tianjin Chongqing Wuhan Chengdu Nanjing Hangzhou Suzhou Ningbo Wuxi Qingdao Dalian Shenyang Harbin Changchun Jinan Xiamen Fuzhou Dongguan Foshan Zhuhai Zhongshan Hefei Changsha Zhengzhou Xian Kunming Guiyang Nanning Taiyuan Shijiazhuang Urumqi Lanzhou Yantai Weihai Wenzhou Shaoxing Jiaxing Huzhou Taizhou Nantong Changzhou Zhejiang Jiangsu Guangdong Fujian Shandong Hebei Henan Hubei Hunan Sichuan Yunnan Liaoning Jilin Heilongjiang Shanxi Shaanxi Anhui Jiangxi Hainan Hong_Kong HK Taiwan China Sino Taipei Kaohsiung Hsinchu`));
list('trade.cn', words(`Trading Technology Electronics Electronic_Technology Import_and_Export Import_&_Export International_Trade Industrial Industry Machinery Equipment Precision_Machinery Optoelectronics Semiconductor Microelectronics Communication Network_Technology Information_Technology Software Bio-Tech Biotechnology Pharmaceutical Medical_Equipment Chemical New_Materials New_Energy Power Photovoltaic Battery Automation Robot Instrument Logistics International_Logistics Shipping Supply_Chain Construction Engineering Real_Estate Investment Holdings Mining Steel Metal Textile Garment Plastic Packaging Food Auto_Parts Hardware Lighting Aviation Aerospace_Technology`));
list('stem.cn.native', words(`新华 华强 中科 东方 海天 金龙 长江 宏达 永兴 天宇 德信 瑞丰 恒通 正大 国泰 远东 盛世 鑫源 联合 华美 大成 泰和 广发 龙腾 万达 富力 嘉华 建业`));
list('trade.cn.native', words(`科技 贸易 电子 机械 进出口 实业 国际贸易 信息技术 生物科技 化工 物流 投资 建设 新材料 半导体 自动化`));
list('form.cn.native', words(`有限公司 股份有限公司 有限责任公司 集团有限公司`));
list('city.cn.native', [...L.zh_CN.location.city_name]);
firm('chinese', 5, 'C=city.cn S=china.s T=trade.cn L=form.china Q=quality', '6 C SS T L|2 SS T L|2 C SSS T L|2 C T L|2 SS C T L|2 Q SS T L|1 C SS L|1 C Q T L|1 SS international L|1 SS holdings L|1 C X T L');
firm('chinese', 2, 'C=city.cn.native S=stem.cn.native T=trade.cn.native L=form.cn.native', '3 CSTL|1 CSL|1 STL');
list('stem.kr', words(`Daehan Hankook Hanil Samsung Samil Dongyang Dongbu Hyundai Hyosung Kumho Kolon Daewoo Hansol Hanjin Taekwang Shinhan Woori Kukje Seoul Busan Daegu Incheon Korea Koryo Chosun Mirae Nara Sejong Halla Hana Jeil Cheil Ilshin Jinro Sungwon Seyang Young Poongsan Namyang Ottogi Pulmuone Taeyoung Doosan Kyobo`));
firm('korean', 3, 'S=stem.kr T=trade.cn U=trade F=korea.f G=korea.s L=form.korea', '4 S T L|3 S U L|2 GG T L|1 SS U L|1 S GG L|1 FG U L|1 korea U T L');
list('stem.ko.native', words(`대한 한국 한일 동양 동부 현대 효성 금호 코오롱 한솔 태광 신한 우리 국제 서울 부산 미래 나라 세종 한라 하나 제일 일신 성원 풍산 남양`));
list('trade.ko.native', words(`전자 산업 물산 건설 화학 상사 무역 기계 정보통신 에너지 제약 식품 중공업 반도체`));
firm('korean', 1, 'S=stem.ko.native T=trade.ko.native', '2 주식회사 ST|1 (주)ST|1 ST');
list('trade.jp', words(`Denki Seisakusho Kogyo Kagaku Shoji Sangyo Kensetsu Seiko Kikai Jidosha Unyu Soko Seiyaku Shokuhin Kinzoku Seimitsu Tekko Sekiyu Gas Electric Industries Chemical Trading Holdings Electronics Works Machinery Steel Pharmaceutical Foods Systems Motors Heavy_Industries Instruments`));
firm('japanese', 3, 'F=japan.f T=trade.jp U=trade L=form.japan', '4 F T L|2 F U L|1 nippon T L|1 tokyo T L|1 nihon F T L|1 osaka U L|1 F T T L|1 daiichi T L');
list('trade.jp.native', words(`電機 製作所 工業 化学 商事 産業 建設 精工 機械 自動車 運輸 倉庫 製薬 食品 金属 精密`));
firm('japanese', 1, 'F=ja.f T=trade.jp.native', '2 株式会社FT|2 FT株式会社');
list('stem.sea', words(`Nusantara Indo Jaya Sinar Mas Maju Sentosa Abadi Makmur Sejahtera Karya Cipta Bumi Citra Graha Multi Mega Perdana Berjaya Malaysia Kuala Penang Johor Borneo Sabah Siam Thai Bangkok Chao_Phraya Viet Saigon Hanoi Dai Viet Nam Hoang_Anh Phu Tan Manila Philippine Luzon Visayas Mindanao Cebu San_Miguel Ayala Singapore Lion Straits Merlion Mekong Angkor Yangon Golden_Myanmar`));
firm('southeast-asian', 3, 'S=stem.sea T=trade C=id_ID.m.f F=filipino.f L=form.asean', '4 S T L|3 S S T L|2 F T L|2 pt S S|2 pt S T L|1 C T L|1 S international L|1 F & sons T');
list('stem.af', words(`Nile Kilimanjaro Serengeti Savanna Sahel Volta Niger Lagos Abuja Kano Accra Kumasi Nairobi Mombasa Kampala Dar Kigali Lusaka Harare Cape Zulu Ubuntu Umoja Uhuru Baobab Simba Tembo Zebra Rhino Lion Eagle Golden Diamond Trans-Africa Afri Pan-African Ecobank Zenith Sahara Mansa Ashanti Gold_Coast Congo Katanga Rwanda Juba Blue_Nile`));
firm('african', 3, 'S=stem.af T=trade F=en_NG.f G=swahili.f H=fr_SN.f L=form.africa', '4 S T L|3 F T L|3 G T L|2 H T L|1 F & sons L|1 S S T L|1 G & G L|1 bank of S');
out.push(...firms);
process.stdout.write(out.join('\n') + '\n');
