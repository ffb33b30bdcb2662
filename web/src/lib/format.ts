const counts = new Intl.NumberFormat("en");
const oneDecimal = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** 1319 as `1,319`. */
export function count(value: number): string {
  return counts.format(value);
}

/** `1 case`, `2 cases`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** A share of 1 as `34.7`. */
export function percent(share: number): string {
  return oneDecimal.format(share * 100);
}

/** Milliseconds as a person reads them: `85 ms`, `4.2 s`, `6 min 12 s`, `2 h 5 min`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 59.95) return `${oneDecimal.format(seconds)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds) - minutes * 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const threeDigits = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const cents = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** US dollars as a person reads them: `$0`, `$0.000042`, `$1,204.50`. */
export function dollars(amount: number): string {
  return `$${amount === 0 || amount < 1 ? threeDigits.format(amount) : cents.format(amount)}`;
}

/** Bytes as `4.7 GB`, in powers of 1000 as model servers print them. */
export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = value < 1 ? 0 : Math.min(Math.floor(Math.log10(value) / 3), units.length - 1);
  const scaled = value / 1000 ** power;
  return `${power === 0 ? count(value) : oneDecimal.format(scaled)} ${units[power]}`;
}

/** The first characters of a digest, without the name of its algorithm. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, "").slice(0, 12);
}
