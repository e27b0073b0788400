/** An address with the size of its network, as `ip address add` takes it. */
export interface InterfaceAddress {
  address: string;
  /** Bits. */
  prefixLength: number;
}

/** A range of one network. */
export interface Slice {
  /** CIDR. */
  subnet: string;
  /** The bridge's own address. */
  gateway: string;
  /** The address that is kept for a part in the role of a router. */
  router: InterfaceAddress;
}

/** Bits by which a slice is smaller than its range: sixteen slices. */
const sliceBits = 4;
/** A slice must hold a gateway, a router and the parts of a network. */
const smallestSlice = 28;

/**
 * Cuts an IPv4 range into sixteen.
 *
 * @param range CIDR, e.g. `172.20.0.0/16`
 * @throws {Error} when the slices would be too small for a network's parts
 */
export function slicesOf(range: string): Slice[] {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(range);
  if (match === null) throw new Error(`'${range}' is no range of IPv4 addresses`);
  const [a = 0, b = 0, c = 0, d = 0, bits = 0] = match.slice(1).map(Number);
  const prefixLength = bits + sliceBits;
  if (prefixLength > smallestSlice)
    throw new Error(`the engine's address ranges are too small (${range}): it needs 'default-address-pools' of /24`);
  const base = ((a * 256 + b) * 256 + c) * 256 + d;
  const size = 2 ** (32 - prefixLength);
  return Array.from({ length: 2 ** sliceBits }, (_, index) => {
    const first = base + index * size;
    return {
      subnet: `${dotted(first)}/${prefixLength}`,
      gateway: dotted(first + 1),
      router: { address: dotted(first + 2), prefixLength },
    };
  });
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
