import java.io.FileInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Collection;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.cms.Attribute;
import org.bouncycastle.asn1.cms.AttributeTable;
import org.bouncycastle.asn1.ess.SigningCertificateV2;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/**
 * Verifies a message and its receipt with Bouncy Castle, which shares no code with OpenSSL.
 *
 * Arguments: the signed message, the sender's signing certificate, the receipt, the recipient's signing certificate,
 * and a file for the content. Exit code 0 where all holds; 1 where a check fails, with the reason; others are faults.
 */
public final class VerifyMessage {
    public static void main(String[] arguments) throws Exception {
        java.security.Security.addProvider(new BouncyCastleProvider());
        CMSSignedData message = new CMSSignedData(bytes(arguments[0]));
        SignerInformation author = verified(message, certificate(arguments[1]), "message");
        CMSSignedData receipt = new CMSSignedData(bytes(arguments[2]));
        SignerInformation recipient = verified(receipt, certificate(arguments[3]), "receipt");
        checkReceipt(message, author, receipt, recipient);
        Files.write(Path.of(arguments[4]), (byte[]) message.getSignedContent().getContent());
        System.out.println("message and receipt verified");
    }

    private static SignerInformation verified(CMSSignedData signed, X509Certificate certificate, String what)
            throws Exception {
        Collection<SignerInformation> signers = signed.getSignerInfos().getSigners();
        demand(signers.size() == 1, what + ": one signer");
        SignerInformation signer = signers.iterator().next();
        demand(signer.verify(new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(certificate)),
                what + ": signature");
        AttributeTable attributes = signer.getSignedAttributes();
        SigningCertificateV2 named = SigningCertificateV2.getInstance(
                attributes.get(PKCSObjectIdentifiers.id_aa_signingCertificateV2).getAttrValues().getObjectAt(0));
        demand(Arrays.equals(named.getCerts()[0].getCertHash(), sha256(certificate.getEncoded())),
                what + ": signing certificate attribute");
        demand(signer.getUnsignedAttributes() == null, what + ": no unsigned attributes");
        return signer;
    }

    /** RFC 2634 section 2.6. */
    private static void checkReceipt(CMSSignedData message, SignerInformation author, CMSSignedData receipt,
            SignerInformation recipient) throws Exception {
        demand(receipt.getSignedContentTypeOID().equals(PKCSObjectIdentifiers.id_ct.branch("1").getId()),
                "receipt: content type");
        ASN1Sequence content = ASN1Sequence.getInstance((byte[]) receipt.getSignedContent().getContent());
        ASN1Sequence request = ASN1Sequence.getInstance(
                author.getSignedAttributes().get(PKCSObjectIdentifiers.id_aa_receiptRequest).getAttrValues()
                        .getObjectAt(0));
        demand(ASN1ObjectIdentifier.getInstance(content.getObjectAt(1)).getId()
                .equals(message.getSignedContentTypeOID()), "receipt: content type of the message");
        demand(content.getObjectAt(2).equals(request.getObjectAt(0)), "receipt: content identifier");
        demand(Arrays.equals(ASN1OctetString.getInstance(content.getObjectAt(3)).getOctets(), author.getSignature()),
                "receipt: signature of the message");
        byte[] attributes = author.getEncodedSignedAttributes();
        Attribute digest = recipient.getSignedAttributes().get(PKCSObjectIdentifiers.id_aa_msgSigDigest);
        demand(Arrays.equals(ASN1OctetString.getInstance(digest.getAttrValues().getObjectAt(0)).getOctets(),
                sha256(attributes)), "receipt: digest of the message's signed attributes");
    }

    private static void demand(boolean holds, String what) {
        if (holds) return;
        System.out.println("refused: " + what);
        System.exit(1);
    }

    private static byte[] bytes(String path) throws Exception { return Files.readAllBytes(Path.of(path)); }

    private static X509Certificate certificate(String path) throws Exception {
        try (FileInputStream stream = new FileInputStream(path)) {
            return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(stream);
        }
    }

    private static byte[] sha256(byte[] bytes) throws Exception {
        return MessageDigest.getInstance("SHA-256").digest(bytes);
    }
}
