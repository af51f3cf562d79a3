/**
 * Where a request comes from: the socket's other end, or what `X-Forwarded-For` says when that end is a proxy of
 * `TRUSTED_PROXIES`: its rightmost address that is none of them.
 */
import { Effect, Layer, Option, Result } from "effect"
import { HttpMiddleware, HttpRouter, type HttpServerRequest } from "effect/http"
import { IpNetwork, NetAddress } from "effect/net"
import { listOf } from "./listOf.ts"

const config = listOf(
  "TRUSTED_PROXIES",
  (text) => Result.isSuccess(IpNetwork.fromString(text)),
  "networks such as 10.0.0.0/8 or 2001:db8::/32",
)

export const trustedProxies = Layer.unwrap(
  Effect.map(config, (networks) =>
    networks.length === 0
      ? Layer.empty
      : HttpRouter.middleware(
          HttpMiddleware.xForwardedHeaders({ trustedProxies: networks.map(IpNetwork.fromStringUnsafe) }),
          { global: true },
        ),
  ),
)

/** One household: an IPv4 address, or the /64 of an IPv6 one, of which anybody has as many as they like. */
export const networkOf = ({ remoteAddress }: HttpServerRequest.HttpServerRequest): string => {
  const written = Option.getOrElse(remoteAddress, () => "unknown")
  return Result.match(NetAddress.ipFromString(written), {
    onFailure: () => written,
    onSuccess: (parsed) => {
      const address = NetAddress.toCanonical(parsed)
      return NetAddress.isIpv6Address(address)
        ? IpNetwork.format(IpNetwork.fromAddressUnsafe(address, 64))
        : NetAddress.formatIp(address)
    },
  })
}
