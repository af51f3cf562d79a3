/** Words that ask for figures, markets and prices. Data only. */
import type { Rule } from "./rules.ts"

export const market: ReadonlyArray<Rule> = [
  {
    name: "trade figures",
    weight: 3,
    ko: [
      /(?:수출|수입|수출입|무역|교역)\s*(?:액|량|물량|실적|통계|규모|금액|대수|단가|가격|비중|순위|증감|현황|추이|동향|감소|증가|변화|트렌드|비교|\d+위|top)/,
      /무역\s*(?:수지|적자|흑자)|적자|흑자|통계(?=\s*(?:$|[,?.!]|좀|알려|보여|자료|도|랑|이랑|와|하고|를))/,
    ],
    en: [
      /\b(?:exports?|imports?|trade|trading) (?:value|volume|statistic|stat|figure|data|share|growth|prices?|balance|deficit|surplus|quantit|trend|partner)/,
      /\b(?:exports?|imports?) .{0,25}\b(?:19|20)\d\d\b|\bstats\b|statistics (?:on|for|of|about)/,
      /(?:trade|export|import) .{0,20}statistics/,
    ],
  },
  {
    name: "a market",
    weight: 3,
    ko: [
      /시장\s*(?:규모|동향|전망|점유|조사|현황|트렌드|성장|분석|성|은|이\s)|시장규모|점유율|트렌드|전망|수요|경쟁(?:사|국|업체|력)|유망/,
      /산업\S{0,2}\s*(?:미래|성장)|(?:무역|관세)\s*(?:전쟁|협상)/,
    ],
    en: [
      /market (?:size|share|trend|outlook|growth|analysis|demand|research|for\b|report|value|in\b|price)/,
      /\bdemand (?:for|in|of)\b|outlook|forecast|competitor|growth (?:rate|of)|\btrends\b/,
      /\btrend(?= (?:of|in|for)\b|\s*$|\s*[?.,])|(?:selling|sells) (?:well|best)/,
      /(?:the|\w+) market\s*(?:$|\?)/,
    ],
  },
  {
    name: "prices",
    weight: 3,
    ko: [
      /시세|(?:국제|평균|원자재|도매|현물)\s*(?:가격|단가)|가격\s*(?:전망|추이|동향|변동|상승|하락|인상|인하)|환율|단가/,
      /얼마(?:까지|나)\s*(?:올|떨어|내|뛰)/,
    ],
    en: [
      /\bprices? (?:trend|forecast|today|now|outlook|index|history|per|of\b)/,
      /(?:average|unit|world|spot|crude|global|import|export) (?:\w+ )?prices?|exchange rate/,
    ],
  },
  {
    name: "ranks, shares and change over time",
    weight: 3,
    ko: [
      /추이|동향|순위|증감|전년|연도별|월별|월간\s*(?:수출|수입|무역|통계|보고)|국가별|\d+대\s*(?:수출|수입)|\d위|비중/,
      /얼마나\s*(?:많이\s*)?(?:수출|수입|나가|팔|들어|했)|(?:제일|가장|많이)\s*(?:많이\s*)?(?:수출|수입|나가|팔리|사|들여)|잘\s*팔/,
      /(?:수출|수입).*(?:감소|증가|변화|원인|영향|어땠|늘|줄)/,
    ],
    en: [
      /\btop (?:\d+ )?(?:export|import|supplier|buyer|market|destination|countr)/,
      /(?:largest|biggest|main|leading) (?:export|import|supplier|buyer|market)/,
      /how (?:much|many) .{1,40}(?:import|export|sell|buy)|\b(?:which|what) countr/,
      /where does .{1,30}(?:sell|export|buy|import)|year.on.year|\byoy\b/,
      /last (?:year|\d+ (?:years?|months?|yrs?))|\b(?:per|by) (?:year|month|country)|annually/,
      /\b(?:rising|falling|declining|increasing|growing)\b|by country/,
    ],
  },
  {
    name: "a market or figures in passing",
    weight: 0.6,
    ko: [/통계|시장|가격|공급망/],
    en: [/statistic|market|\bprice|supply chain/],
  },
]
