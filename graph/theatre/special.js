// ---- special: the special functions, which JavaScript lacks.

const erfSeries = x => {  // Abramowitz & Stegun 7.1.6
  let term = x, sum = x;
  for (let n = 1; n < 200 && Math.abs(term) > 1e-18 * Math.abs(sum); ++n) {
    term *= 2 * x * x / (2 * n + 1);
    sum += term;
  }
  return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
};
const erfcFraction = x => {  // for x > 2: the continued fraction, from the far end; Abramowitz & Stegun 7.1.14
  let tail = 0;
  for (let n = 120; n > 0; --n) tail = n / 2 / (x + tail);
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + tail);
};
const erfc = x => x !== x ? x : x > 2 ? erfcFraction(x) : x < -2 ? 2 - erfcFraction(-x) : 1 - erfSeries(x);
const erf = x => Math.abs(x) <= 2 ? erfSeries(x) : x > 0 ? 1 - erfc(x) : erfc(-x) - 1;

// From here on the asymptotic series of ln Γ and ψ⁽ⁿ⁾ have their last digits.
const seriesFrom = 20;
const bernoulli = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510];  // B₂, B₄, …
const isPole = x => x <= 0 && Math.floor(x) === x;

/// ln |Γ(x)|: Abramowitz & Stegun 6.1.41 from `seriesFrom` on, by 6.1.15 and 6.1.17 elsewhere.
function lnGamma(x) {
  if (x !== x) return x;
  if (isPole(x) || Math.abs(x) === Infinity) return Infinity;
  if (x < 0) return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * (x % 2)))) - lnGamma(1 - x);
  let product = 1;
  for (; x < seriesFrom; ++x) product *= x;
  const square = x * x;
  let sum = 0;
  for (let k = bernoulli.length; k > 0; --k) sum = sum / square + bernoulli[k - 1] / (2 * k * (2 * k - 1));
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + sum / x - Math.log(product);
}

/// ψ⁽ⁿ⁾(x) for a whole n ≥ 0: Abramowitz & Stegun 6.4.11 from `seriesFrom` + n on, by the recurrence 6.4.6 below.
function polygamma(n, x) {
  if (!(n >= 0 && Math.trunc(n) === n) || x !== x || x === -Infinity) return NaN;
  if (x === Infinity) return n === 0 ? Infinity : 0;
  if (isPole(x)) return n % 2 ? Infinity : x !== 0 ? NaN : Object.is(x, 0) ? -Infinity : Infinity;
  if (x < -1e6) return NaN;  // farther than the recurrence goes
  const factorial = [1];
  for (let k = 1; k <= n + 2 * bernoulli.length; ++k) factorial.push(factorial[k - 1] * k);
  let shifted = 0;
  for (; x < seriesFrom + n; ++x) shifted += Math.pow(x, -n - 1);
  let sum = 0;
  for (let k = bernoulli.length; k > 0; --k)
    sum += bernoulli[k - 1] * factorial[2 * k + n - 1] / factorial[2 * k] / Math.pow(x, 2 * k + n);
  const head = n === 0 ? -Math.log(x) : factorial[n - 1] * Math.pow(x, -n);
  const whole = head + factorial[n] / 2 * Math.pow(x, -n - 1) + sum + factorial[n] * shifted;
  return n % 2 ? whole : -whole;
}
