// What the text record of a node holds (wire reference 6).

#pragma once

#include "mica/discovery/records.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mica::discovery::mdns {

/// Returns zlib in hex of `{"Service":..,"Version":..,"Endpoints":..,"Metadata":..}`.
///
/// Go Micro leaves the metadata of the service out (`Metadata` is the node's); where
/// there is some, it stands under `ServiceMetadata`, which Go Micro ignores.
std::string write_advert(const service_record& service, const node& which);

/// Reads such a text. The result has one node without id and address. Nothing on broken
/// hex, zlib or JSON, on text that inflates above 1 MiB, and without `Service`; `why`
/// says which.
std::optional<service_record> read_advert(std::string_view text, std::string& why);

} // namespace mica::discovery::mdns
