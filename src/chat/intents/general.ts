/** Greetings, and words that ask how trade works. Data only. */
import type { Rule } from "./rules.ts"
import { terms } from "./terms.ts"

export const general: ReadonlyArray<Rule> = [
  {
    name: "a greeting or thanks",
    weight: 2,
    ko: [/^\s*(?:안녕|반갑|반가|ㅎㅇ|(?:하이|헬로|여보세요)(?=$|[\s!~.,])|감사|고마|고맙|땡큐|ㄱㅅ|수고)/],
    en: [/^\s*(?:hi(?!-)|hello|hey|good (?:morning|afternoon|evening)|thanks?|thx|ty|cheers)\b/],
  },
  {
    name: "what this service is",
    weight: 3,
    ko: [
      /(?:뭐|뭘|무엇을?)\s*(?:할|해줄|해\s*줄|도와줄)\s*수|무슨\s*도움|도움.{0,6}(?:줄|받을)\s*수|(?:넌|너는?|당신은?)\s*누구/,
      /누구(?:세요|야|니)|챗봇/,
    ],
    en: [
      /what (?:can|do) you (?:do|know|help)|how can you help|who are you/,
      /are you (?:a |an )?(?:bot|robot|ai|human|real)/,
      /\b(?:speak|answer|ask|talk) (?:in )?(?:korean|english)/,
    ],
  },
  {
    name: "what a trade term means",
    weight: 3.5,
    ko: [
      new RegExp(`${terms.any}(?:\\s*조건)?\\s*이?란`),
      new RegExp(
        `${terms.any}(?:\\s*조건)?\\s*(?:이|가|은|는|을|를|의|이?랑|과|와|하고)?\\s*(?:\\S{1,8}\\s)?(?:뭐|뭔|무엇|무슨|뜻|의미|설명|정리|차이|개념|다른)`,
      ),
      /^\s*(?:hs\s*코드|관세율?|세번)(?:이|가|은|는|란|이란)?\s*(?:뭐|뭔|무엇|무슨\s*뜻|뜻)\S*[\s?]*$|hs\s*코드.{0,8}(?:몇\s*자리|자릿수)/,
    ],
    en: [
      new RegExp(
        `\\b(?:what(?:'?s| is| are| does)|explain|define|describe|meaning of|difference between|how (?:does|do))(?: an?| the)? ["'\u201c]?${terms.any}["'\u201d]?(?= *(?:$|[?.!,]|and|mean|work|vs|do\\b|at\\b|in\\b|term))`,
      ),
      new RegExp(`${terms.any} (?:\\w+ )?(?:meaning|vs|or|versus|explained|difference)\\b|glossary`),
      /^what(?:'?s| is| are)(?: an?| the)? (?:(?:hs|hts|tariff) codes?|tariffs?|(?:customs )?dut(?:y|ies))\s*\??$|(?:how many digits|structure of).*\b(?:hs|hts) code/,
    ],
  },
  {
    name: "how duty, value or volume is worked out",
    weight: 3.5,
    ko: [
      /(?:관세|부가세|세금|가격|비용|cbm|운임|환급액?)(?:은|는|을|를)?\s*(?:어떻게\s*)?(?:계산|산정|산출)|계산\s*(?:법|방법|하는)/,
    ],
    en: [
      /(?:calculat|comput|work out|figur).{0,20}(?:duty|duties|vat|tax|value|cost|cbm|freight|demurrage|charges)/,
      /(?:duty|value|demurrage|cbm|cost) (?:is |are )?calculated|landed cost/,
    ],
  },
  {
    name: "how trading is done",
    weight: 2,
    ko: [
      /(?:수입|수출|무역|통관|직구|구매\s*대행|개설|통관부호|발급|신고|인보이스|오퍼|쇼핑몰).{0,20}(?:절차|순서|방법|과정|어떻게|하는\s*법|쓰는\s*법|작성|처음|초보|시작|뭐부터|알아야)/,
      /(?:절차|작성)\s*(?:법|알려|하고|이랑|와|좀|$)|사업자/,
    ],
    en: [
      /\bhow (?:do|to|does|can|should)\b.{0,40}\b(?:import|export|customs|trad|invoice|buyers?|suppliers?|freight|forwarder|broker|l\/c)/,
      /procedure|step by step|\bsteps to|beginner|(?:import|export|customs|clearance|trade) process/,
      /(?:start|set up) .{0,20}(?:import|export|business|trading)|without a (?:company|business|licen)/,
      /who (?:pays|does|bears|arranges)/,
    ],
  },
  {
    name: "a trade term",
    weight: 1.5,
    ko: [new RegExp(terms.ko), /결제|대금|운임|수수료|바이어|무역\s*보험|요율/],
    en: [new RegExp(terms.en), /\bpayment terms?|\binsurance\b|\b(?:air|sea) freight\b/],
  },
  {
    name: "trade in passing",
    weight: 0.5,
    ko: [
      /수입|수출|통관|세관|무역|선적|직구|관세|과세|면세|반입|원산지|바이어|해외\s*(?:판매|배송|구매)|알리바바|입항|출항/,
      /물품|상품|제품|품목|판매|구매|주문|배송|운송|물류|창고|수취인|[송수]하인|거래처|업체|공장|샘플|도매|유통|상표|항공|해상|항구/,
    ],
    en: [
      /\b(?:import|export)|customs|\btrad(?:e|ing)\b|freight|shipping|\bshipped\b|shipments?\b|clearance|\bbroker|\bdeclar/,
      /alibaba|supplier|vendor|buyer|wholesale|factory|manufactur|\bgoods\b|\bproducts?\b|\bsell(?:ing)?\b|overseas/,
      /deliver|courier|carrier|logistics|warehouse|tracking|pallets?\b|\bports?\b|invoice|power of attorney|\btax(?:es)?\b/,
    ],
  },
]
