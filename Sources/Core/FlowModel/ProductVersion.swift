/// The version of this product, as records, the API and the command line carry it.
package let productVersion = "0.1.0"
