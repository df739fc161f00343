using System.Security.Cryptography;
using System.Xml.Linq;
using LoraHub.Core;
using Microsoft.AspNetCore.DataProtection.AuthenticatedEncryption.ConfigurationModel;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace LoraHub.Api.Pages;

/// <summary>
/// Gives the framework's data protection one key, derived from the service's own secret, which all nodes share: what one node encrypts, every other
/// reads. It does not rotate: deleting the secret signs everybody out.
/// </summary>
sealed class PageKeys(IServiceKeys keys) : IXmlRepository
{
    const int MasterKeyBytes = 64;

    static readonly DateTimeOffset Start = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public IReadOnlyCollection<XElement> GetAllElements()
    {
        var secret = keys.KeyOf(KeyNames.Pages);
        var id = new Guid(HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, 16, info: "id"u8.ToArray()));
        var master = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, MasterKeyBytes, info: "master"u8.ToArray());
        return
        [
            new XElement(
                "key",
                new XAttribute("id", id),
                new XAttribute("version", 1),
                new XElement("creationDate", Start),
                new XElement("activationDate", Start),
                new XElement("expirationDate", Start.AddYears(1000)),
                new XElement(
                    "descriptor",
                    new XAttribute("deserializerType", typeof(AuthenticatedEncryptorDescriptorDeserializer).AssemblyQualifiedName!),
                    new XElement(
                        "descriptor",
                        new XElement("encryption", new XAttribute("algorithm", "AES_256_CBC")),
                        new XElement("validation", new XAttribute("algorithm", "HMACSHA256")),
                        new XElement("masterKey", new XElement("value", Convert.ToBase64String(master)))))),
        ];
    }

    /// <summary>There is nothing to store: no key is generated.</summary>
    public void StoreElement(XElement element, string friendlyName) =>
        throw new NotSupportedException("The key of the pages is derived, not stored.");
}
