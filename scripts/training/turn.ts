/**
 * Turns and stretches the space in which the features' vectors meet those of the headings, so that few of its directions
 * carry most of what tells headings apart. All scores stay the same, and quantising the vectors costs less.
 */
import { EigenvalueDecomposition, Matrix } from "ml-matrix"

/** One row of so many numbers each, from every so manieth row. */
const sampled = (weights: Float32Array, dimensions: number, every: number): Matrix =>
  new Matrix(
    Array.from({ length: Math.ceil(weights.length / dimensions / every) }, (_, i) =>
      weights.subarray(i * every * dimensions, (i * every + 1) * dimensions),
    ),
  )

/** Mean of the rows' outer products. */
const moment = (rows: Matrix): Matrix => rows.transpose().mmul(rows).div(rows.rows)

/** A symmetric matrix to a power. */
const power = ({ eigenvectorMatrix: vectors, realEigenvalues: values }: EigenvalueDecomposition, exponent: number) =>
  vectors.mmul(Matrix.diag(values.map((value) => Math.max(value, 1e-9) ** exponent))).mmul(vectors.transpose())

/** Half way between the mean error of the vectors (0) and that of the headings' scores (0.5). */
const stretch = 0.25

const turnRows = (weights: Float32Array, turned: Matrix) => {
  const [size, by] = [turned.rows, Float32Array.from(turned.to1DArray())]
  const row = new Float32Array(size)
  for (let start = 0; start < weights.length; start += size) {
    row.set(weights.subarray(start, start + size))
    for (let to = 0; to < size; to++) {
      let sum = 0
      for (let from = 0; from < size; from++) sum += row[from]! * by[to * size + from]!
      weights[start + to] = sum
    }
  }
}

export const turn = (
  features: Float32Array,
  headings: Float32Array,
  subheadings: Float32Array,
  dimensions: number,
): void => {
  const outputs = sampled(headings, dimensions, 1)
  const telling = new EigenvalueDecomposition(moment(outputs.center("column")), { assumeSymmetric: true })
  const [wide, narrow] = [power(telling, stretch), power(telling, -stretch)]
  const spread = moment(sampled(features, dimensions, 16))
  const { eigenvectorMatrix: axes } = new EigenvalueDecomposition(wide.mmul(spread).mmul(wide), {
    assumeSymmetric: true,
  })
  turnRows(features, axes.transpose().mmul(wide))
  for (const layer of [headings, subheadings]) turnRows(layer, axes.transpose().mmul(narrow))
}
