import JSONText

/// One page of a LIST response.
package struct ListPage: Sendable {
    /// The objects of the page.
    package var objects: [ClusterObject]
    /// How many items could not be read.
    package var undecodable: Int
    /// The version of the list.
    package var resourceVersion: String
    /// The token that asks for the next page; empty on the last.
    package var continueToken: String

    /// Keys whose arrays and objects nothing here reads; they are most of an object's bytes.
    package static let skippedKeys: Set<String> = [
        "managedFields", "volumes", "volumeMounts", "env", "annotations", "resources", "tolerations", "affinity",
        "images", "livenessProbe", "readinessProbe", "startupProbe", "allocatedResources", "template",
    ]

    /// Reads the body of a LIST response for objects of a kind.
    /// - Throws: `BadResponse` for what is no such list.
    package init(kind: ObjectKind, body: ArraySlice<UInt8>) throws(BadResponse) {
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONValue.parse(body, skipping: ListPage.skippedKeys)
        } catch {
            throw BadResponse("\(error)")
        }
        let expected = kind.rawValue + "List"
        guard json["kind"]?.text == expected else {
            throw BadResponse("expected a \(expected), not a \(json["kind"]?.text ?? "value without a kind")")
        }
        resourceVersion = json["metadata"]?["resourceVersion"]?.text ?? ""
        continueToken = json["metadata"]?["continue"]?.text ?? ""
        objects = []
        undecodable = 0
        for item in json["items"]?.items ?? [] {
            if let object = try? ClusterObject.decode(kind: kind, json: item) {
                objects.append(object)
            } else {
                undecodable += 1
            }
        }
    }
}

/// Why a response of the API server cannot be used.
package struct BadResponse: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was wrong.
    package let description: String

    /// A reason.
    package init(_ reason: String) { description = reason }
}
