/** The 21 sections of the nomenclature, in our words. Source: the order of chapters in the Harmonized System. Pure. */
import type { Names } from "../domain/Recognition.ts"

export interface Section {
  /** Roman numeral. */
  readonly number: string
  readonly names: Names
}

const sections: ReadonlyArray<readonly [lastChapter: number, number: string, ko: string, en: string]> = [
  [5, "I", "동물과 동물성 생산품", "Animals and what they yield"],
  [14, "II", "식물과 식물성 생산품", "Plants and what they yield"],
  [15, "III", "동식물성 유지와 왁스", "Animal and vegetable fats, oils and waxes"],
  [24, "IV", "조제 식품, 음료, 담배", "Prepared foods, drinks and tobacco"],
  [27, "V", "광물", "Minerals and fuels"],
  [38, "VI", "화학제품", "Chemicals and related products"],
  [40, "VII", "플라스틱과 고무", "Plastics and rubber"],
  [43, "VIII", "가죽, 모피, 가방", "Leather, fur and bags"],
  [46, "IX", "목재, 코르크, 짚 제품", "Wood, cork and straw"],
  [49, "X", "펄프, 종이, 인쇄물", "Pulp, paper and print"],
  [63, "XI", "섬유와 의류", "Textiles and clothing"],
  [67, "XII", "신발, 모자, 우산, 조화", "Footwear, headgear, umbrellas and artificial flowers"],
  [70, "XIII", "석재, 도자기, 유리", "Stone, ceramics and glass"],
  [71, "XIV", "귀금속과 장신구", "Precious metals and jewellery"],
  [83, "XV", "비금속과 그 제품", "Base metals and their articles"],
  [85, "XVI", "기계와 전기기기", "Machinery and electrical equipment"],
  [89, "XVII", "수송기기", "Vehicles, aircraft and ships"],
  [92, "XVIII", "정밀기기, 시계, 악기", "Instruments, clocks and music"],
  [93, "XIX", "무기", "Arms"],
  [96, "XX", "가구, 완구, 잡품", "Furniture, toys and sundries"],
  [97, "XXI", "예술품과 골동품", "Art and antiques"],
]

/** The section of a chapter, or of any code in it. */
export const sectionOf = (code: string): Section => {
  const chapter = Number(code.slice(0, 2))
  const [, number, ko, en] = sections.find(([last]) => chapter <= last) ?? sections.at(-1)!
  return { number, names: { ko, en } }
}
