/** The 21 sections of the Harmonized System and their first and last chapters. */
import type { Names } from "../domain/Recognition.ts"

export interface Section {
  readonly number: string
  readonly first: number
  readonly last: number
  readonly names: Names
}

const section = (number: string, first: number, last: number, ko: string, en: string): Section => ({
  number,
  first,
  last,
  names: { ko, en },
})

export const sections: ReadonlyArray<Section> = [
  section("I", 1, 5, "살아 있는 동물과 동물성 생산품", "Animals and animal products"),
  section("II", 6, 14, "식물성 생산품", "Plants and plant products"),
  section("III", 15, 15, "동식물성 기름과 지방", "Fats, oils and waxes"),
  section("IV", 16, 24, "식품, 음료, 담배", "Prepared food, drinks, tobacco"),
  section("V", 25, 27, "광물과 에너지", "Minerals and fuels"),
  section("VI", 28, 38, "화학제품", "Chemicals"),
  section("VII", 39, 40, "플라스틱과 고무", "Plastics and rubber"),
  section("VIII", 41, 43, "가죽, 모피, 가방", "Leather, furskins, bags"),
  section("IX", 44, 46, "목재, 코르크, 짚 제품", "Wood, cork, plaiting materials"),
  section("X", 47, 49, "펄프, 종이, 인쇄물", "Pulp, paper, print"),
  section("XI", 50, 63, "섬유와 의류", "Textiles and clothing"),
  section("XII", 64, 67, "신발, 모자, 우산", "Footwear, headgear, umbrellas"),
  section("XIII", 68, 70, "석재, 도자기, 유리 제품", "Stone, ceramics, glass"),
  section("XIV", 71, 71, "귀금속과 보석", "Precious metals and stones"),
  section("XV", 72, 83, "비금속과 그 제품", "Base metals and their articles"),
  section("XVI", 84, 85, "기계와 전기기기", "Machinery and electrical equipment"),
  section("XVII", 86, 89, "차량, 항공기, 선박", "Vehicles, aircraft, vessels"),
  section("XVIII", 90, 92, "광학·의료·정밀기기, 시계, 악기", "Optical, medical and precision instruments, clocks, music"),
  section("XIX", 93, 93, "무기", "Arms"),
  section("XX", 94, 96, "가구, 완구, 잡품", "Furniture, toys, sundries"),
  section("XXI", 97, 97, "예술품과 골동품", "Art and antiques"),
]

/** The section that a code's chapter belongs to. */
export const sectionOf = (code: string): Section | undefined => {
  const chapter = Number(code.slice(0, 2))
  return sections.find(({ first, last }) => first <= chapter && chapter <= last)
}
